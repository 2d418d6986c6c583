/**
 * SQL functions of productions, as a role.
 *
 * @module
 */
import type { Decision } from "../production/decide.ts";
import type { ProductionWish } from "../production/payload.ts";
import type { ProductionState } from "../production/state.ts";
import type { ClaimedJob } from "./job_queue.ts";
import { callSql, type Client } from "./rpc.ts";

/** Films in the making. */
export interface Productions {
  /** All that the production decides by. Null: no such job. */
  read(jobId: string): Promise<ProductionState | null>;
  /**
   * Writes a step: stage, progress, shots and children, all or nothing. Safe to repeat.
   * Errors: `INSUFFICIENT_CREDITS`, `BUDGET_EXCEEDED`, `MODEL_*`, `NOT_FOUND`: then nothing has changed.
   */
  step(
    job: ClaimedJob,
    decision: Pick<Decision, "stage" | "progress" | "items" | "frames">,
  ): Promise<"stepped" | "busy" | "lost">;
}

/** Productions on Postgres, called with the service's rights. */
export function postgresProductions(client: Client): Productions {
  return {
    read: async (jobId) => {
      const state: unknown = await callSql(client, "read_production", { p_job_id: jobId });
      return state as ProductionState | null;
    },
    step: async (job, { stage, progress, items, frames }) => {
      const result = await callSql(client, "step_production", {
        p_job_id: job.id,
        p_attempt: job.attempt,
        p_stage: stage,
        p_progress: progress,
        p_items: JSON.parse(JSON.stringify(items)),
        p_frames: JSON.parse(JSON.stringify(frames)),
      }) as { decision: "stepped" | "busy" | "lost" };
      return result.decision;
    },
  };
}

/** What came before a production of a project. */
export interface ProductionHistory {
  /** What was wished for last. Null: it is the first. */
  readonly wish: ProductionWish | null;
  /** What the project has cost after refunds, in credits. */
  readonly spent_credits: number;
}

/** Reads it with the caller's own rights. */
export async function readProductionHistory(
  client: Client,
  projectId: string,
): Promise<ProductionHistory> {
  const history: unknown = await callSql(client, "production_history", { p_project_id: projectId });
  return history as ProductionHistory;
}
