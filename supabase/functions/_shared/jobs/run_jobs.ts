/**
 * The one loop that works: claim, run a step under a lease that is kept by heartbeats, say how it ended.
 * Any number of these may run anywhere.
 *
 * @module
 */
import { ERRORS } from "../../../../shared/contract/errors.ts";
import { AppError } from "../app_error.ts";
import type { ClaimedJob, ClaimFilter, JobFailure, JobQueue } from "../database/job_queue.ts";
import type { Log } from "../log.ts";
import { backoffSeconds } from "./backoff.ts";
import type { JobHandler, JobOutcome } from "./handler.ts";

/** What the loop needs. */
export interface Runner {
  /** The engine. */
  readonly queue: JobQueue;
  /** Only jobs of their kinds are claimed. */
  readonly handlers: readonly JobHandler[];
  /** Its lines carry the request's id. */
  readonly log: Log;
}

/** How long and how wide. */
export interface RunOptions extends Partial<Pick<ClaimFilter, "states" | "jobId">> {
  /** No job is claimed after this. */
  readonly budgetMs: number;
  /** Jobs at once. Default 6: they mostly wait for others, and a clip being copied needs little memory. */
  readonly concurrency?: number;
}

/** A quarter of the lease (20 s, see claim_jobs): two beats may be lost before the job is. */
const HEARTBEAT_MS = 5_000;

/** No step may run longer: well below the 150 s a worker of the free plan lives. */
const STEP_TIMEOUT_MS = 110_000;

/** Works until nothing is due or the budget is used up. Gives how many steps it ran. Never rejects. */
export async function runJobs(runner: Runner, options: RunOptions): Promise<number> {
  const until = performance.now() + options.budgetMs;
  const concurrency = options.concurrency ?? 6;
  const kinds = runner.handlers.map((handler) => handler.kind);
  const running = new Set<Promise<void>>();
  let steps = 0;
  try {
    while (performance.now() < until) {
      const jobs = await runner.queue.claim({
        kinds,
        limit: concurrency - running.size,
        ...(options.states === undefined ? {} : { states: options.states }),
        ...(options.jobId === undefined ? {} : { jobId: options.jobId }),
      });
      for (const job of jobs) {
        steps += 1;
        const step = runStep(runner, job).finally(() => running.delete(step));
        running.add(step);
      }
      if (running.size === 0) break;
      // Something ended or was full: only then can a further claim find a place or a new job.
      await Promise.race(running);
    }
  } catch (error) {
    runner.log.error("claim_failed", {}, error);
  }
  await Promise.all(running);
  return steps;
}

async function runStep(runner: Runner, job: ClaimedJob): Promise<void> {
  const log = runner.log.with({ job_id: job.id, kind: job.kind, attempt: job.attempt });
  const started = performance.now();
  const lost = new AbortController();
  let progress: number | undefined;
  const heartbeat = setInterval(async () => {
    try {
      if (!await runner.queue.renew(job, progress)) lost.abort();
    } catch (error) {
      log.error("heartbeat_failed", {}, error);
    }
  }, HEARTBEAT_MS);
  try {
    const handler = runner.handlers.find((candidate) => candidate.kind === job.kind);
    if (handler === undefined) throw new Error(`No handler for kind "${job.kind}"`);
    let outcome: JobOutcome;
    try {
      outcome = await handler.run(job, {
        log,
        signal: AbortSignal.any([lost.signal, AbortSignal.timeout(STEP_TIMEOUT_MS)]),
        progress: (share) => progress = share,
      });
    } catch (error) {
      outcome = outcomeOf(error);
    }
    const told = await tell(runner.queue, job, outcome);
    const ms = Math.round(performance.now() - started);
    const error = "error" in outcome ? outcome.error : undefined;
    const fields = { outcome: told ? outcome.then : "lost", ms, code: error?.code };
    if (error === undefined) log.info("step", fields);
    else log.error("step", fields, error);
  } catch (error) {
    // The lease runs out by itself and another worker takes the job: nothing to undo here.
    log.error("step_not_told", {}, error);
  } finally {
    clearInterval(heartbeat);
  }
}

async function tell(queue: JobQueue, job: ClaimedJob, outcome: JobOutcome): Promise<boolean> {
  switch (outcome.then) {
    case "done":
      return await queue.succeed(job, outcome.result);
    case "wait":
      return await queue.release(job, {
        state: "waiting",
        delaySeconds: outcome.seconds,
        ...(outcome.progress === undefined ? {} : { progress: outcome.progress }),
      });
    case "requeue":
      return await queue.release(job, { state: "queued", delaySeconds: outcome.seconds });
    case "retry":
      return await queue.release(job, {
        // With a task out there it goes on looking; without one it stands in line again.
        state: job.external_task_id === null ? "queued" : "waiting",
        delaySeconds: outcome.error.retryAfterSeconds ?? backoffSeconds(job.failure_count),
        failure: failureOf(outcome.error),
      });
    case "fail":
      return await queue.fail(job, failureOf(outcome.error));
    case "lost":
      return false;
  }
}

/** What an exception means for the job: our retryable codes and our own bugs are tried again. */
export function outcomeOf(error: unknown): JobOutcome {
  if (error instanceof AppError) {
    return { then: ERRORS[error.code].retryable ? "retry" : "fail", error };
  }
  return {
    then: "retry",
    error: new AppError("INTERNAL", "Something went wrong on our side", { cause: error }),
  };
}

/** What a row and its owner are told. */
export function failureOf(error: AppError): JobFailure {
  return { code: error.code, message: error.message };
}
