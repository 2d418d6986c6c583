/**
 * Reading one's own jobs, with the caller's own rights.
 *
 * @module
 */
import type { Database } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import { callSql, type Client } from "./rpc.ts";

/** A job, less its payload, with the asset it fills (null for scripts, and when it was deleted). */
export interface JobWithAsset {
  /** The row. */
  readonly job: Omit<Database["public"]["Tables"]["jobs"]["Row"], "payload">;
  /** The row it fills. */
  readonly asset: Readonly<Record<string, unknown>> | null;
  /** Of a production: how far each kind of its parts is. */
  readonly levels: readonly {
    readonly kind: string;
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
  }[];
}

/** Reads a job. Throws `NOT_FOUND` when there is none, or it is another tenant's. */
export async function readJob(client: Client, jobId: string): Promise<JobWithAsset> {
  const found: unknown = await callSql(client, "read_job", { p_job_id: jobId });
  if (found === null) throw new AppError("NOT_FOUND", `Cannot find job "${jobId}"`);
  return found as JobWithAsset;
}
