/**
 * Why there is no film: which part of the work failed, for whom, with the row's own words.
 *
 * @module
 */
import type { JobRow } from "../../../shared/client/studio_client.ts";

/** Something that did not work. */
export interface FilmFailure {
  /** The part of the work: a `FilmPart`, or one of another command's. */
  readonly stage: string;
  /** Null: it concerns the film as a whole, or the cast. */
  readonly scene: { readonly index: number; readonly title: string } | null;
  /** From 1, within its scene. Null or absent: not about a shot. */
  readonly shot?: number | null;
  /** Name. Null or absent: not about a character. */
  readonly character?: string | null;
  /** A code of `shared/contract/errors.ts`, or `NETWORK`. */
  readonly code: string;
  /** The row's or the answer's own sentence. */
  readonly message: string;
  /** The answer's own, by code. */
  readonly details?: unknown;
}

/** What was begun. */
export interface Begun {
  /** Null: there is no script yet. */
  readonly projectId: string | null;
  /** The production's job. Null: it was refused, or there is none. */
  readonly jobId: string | null;
}

/** There is no film. What was made before is kept, under `projectId`. */
export class FilmError extends Error {
  /** For logs. */
  override readonly name = "FilmError";
  /** See {@link Begun}. */
  readonly projectId: string | null;
  /** See {@link Begun}. */
  readonly jobId: string | null;

  constructor(
    /** At least one, in the order in which they happened. */
    readonly failures: readonly FilmFailure[],
    { projectId, jobId }: Begun,
  ) {
    super(failures.map(({ code, message }) => `${code}: ${message}`).join("; "));
    this.projectId = projectId;
    this.jobId = jobId;
  }
}

/** The film waits for its cast to be confirmed, and nobody did. Nothing is lost. */
export class CastWaits extends Error {
  /** For logs. */
  override readonly name = "CastWaits";

  constructor(
    /** Where everything is kept. */
    readonly projectId: string,
    /** The production's job: it goes on as soon as they are confirmed. */
    readonly jobId: string,
  ) {
    super("The film waits for its cast to be confirmed");
  }
}

/** A job that failed or was cancelled, with what its row says. */
export class JobFailed extends Error {
  /** A code of `shared/contract/errors.ts`. */
  readonly code: string;

  constructor(job: Pick<JobRow, "error">) {
    const { code, message } = reasonOf(job.error);
    super(message);
    this.code = code;
  }
}

/** Reads a row's own reason. */
export function reasonOf(error: JobRow["error"]): { code: string; message: string } {
  if (typeof error === "object" && error !== null && !Array.isArray(error)) {
    return { code: String(error["code"]), message: String(error["message"]) };
  }
  return { code: "INTERNAL", message: "The job ended without saying why" };
}
