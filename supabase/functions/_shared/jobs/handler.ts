/**
 * What a kind of job is made of: one step of work, and what it says at its end.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import type { JobKind } from "../../../../shared/contract/statuses.ts";
import type { AppError } from "../app_error.ts";
import type { ClaimedJob } from "../database/job_queue.ts";
import type { Log } from "../log.ts";

/** How a step ended. */
export type JobOutcome =
  /** The job has succeeded; `result` is written to the asset by SQL. */
  | { readonly then: "done"; readonly result: Json }
  /** Nothing to do until then, or until a webhook or a child wakes it. Costs no failure. */
  | { readonly then: "wait"; readonly seconds: number; readonly progress?: number }
  /** Not its turn yet: back into the queue. Costs no failure. */
  | { readonly then: "requeue"; readonly seconds: number }
  /** Went wrong and may go better: again after a backoff, as often as the job's max_failures allows. */
  | { readonly then: "retry"; readonly error: AppError }
  /** Went wrong for good. */
  | { readonly then: "fail"; readonly error: AppError }
  /** The job was taken from this worker: say nothing. */
  | { readonly then: "lost" };

/** What a step may use. */
export interface StepContext {
  /** Its lines carry job, kind and attempt. */
  readonly log: Log;
  /** Aborted when the lease is lost or the step's time is up. */
  readonly signal: AbortSignal;
  /** Tells how far it is, 0..1; goes to the row with the next heartbeat. */
  progress(share: number): void;
}

/** Does the work of one kind. */
export interface JobHandler {
  /** The kind it works on. */
  readonly kind: JobKind;
  /** Runs one step. What it throws is classified: see `outcomeOf` in run_jobs.ts. */
  run(job: ClaimedJob, context: StepContext): Promise<JobOutcome>;
}
