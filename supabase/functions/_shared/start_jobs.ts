/**
 * How an operation that spends ends: one click in one transaction, the answer at once, and the work begun
 * in the background.
 *
 * @module
 */
import type { OperationName } from "../../../shared/contract/operations.ts";
import { AppError } from "./app_error.ts";
import type { Click } from "./database/job_queue.ts";
import type { JobHandler } from "./jobs/handler.ts";
import type { JobServices } from "./jobs/job_services.ts";
import { runJobs } from "./jobs/run_jobs.ts";
import type { OperationAnswer, OperationCall } from "./operation.ts";

/** How long the request's own worker goes on working: other workers and cron are there for the rest. */
const BACKGROUND_BUDGET_MS = 60_000;

/** What to start, and how the answer names it. */
export interface Start {
  /** At least one. */
  readonly jobs: Click["jobs"];
  /** Names in the body. */
  readonly answer: NonNullable<Click["answer"]>;
  /** What handlers stand on. */
  readonly jobServices: JobServices;
  /** What this request's worker may work on afterwards: the kinds it starts. */
  readonly handlers: readonly JobHandler[];
}

/**
 * Charges, creates and begins. Safe to repeat with the same key: the first answer comes again, and nothing
 * is charged. Errors: those of `public.create_jobs`.
 */
export async function startJobs<Name extends OperationName>(
  call: OperationCall<Name>,
  operation: Name,
  { jobs, answer, jobServices, handlers }: Start,
): Promise<OperationAnswer> {
  const result = await jobServices.queue.create({
    userId: call.identity.userId,
    operation,
    idempotency: call.idempotency,
    requestId: call.requestId,
    jobs,
    answer,
  });
  if (result.status === null) throw new AppError("INTERNAL", "The click has no answer");
  if (!result.replayed) {
    call.services.waitUntil(
      runJobs(
        { queue: jobServices.queue, handlers, log: jobServices.log },
        { budgetMs: BACKGROUND_BUDGET_MS },
      ),
    );
  }
  return { status: result.status, body: result.body, replayed: result.replayed };
}
