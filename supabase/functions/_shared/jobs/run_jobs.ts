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
  /** A job this worker holds already: it is run, and no other is looked for. */
  readonly claimed?: ClaimedJob;
}

/** A quarter of the lease (20 s, see claim_jobs): two beats may be lost before the job is. */
const HEARTBEAT_MS = 5_000;

/** No step may run longer: well below the 150 s a worker of the free plan lives. */
const STEP_TIMEOUT_MS = 110_000;

/**
 * Works until nothing is due or the budget is used up. A job that is put back and due again within the budget
 * gives its place to others meanwhile and is taken up again in time; so is a parent, at once, when a child of
 * it has ended. Gives how many steps it ran. Never rejects.
 */
export async function runJobs(runner: Runner, options: RunOptions): Promise<number> {
  const until = performance.now() + options.budgetMs;
  const concurrency = options.concurrency ?? 6;
  const kinds = runner.handlers.map((handler) => handler.kind);
  const running = new Set<Promise<void>>();
  /** Jobs to be claimed by their ids, and when. */
  const expected = new Map<string, number>();
  let steps = 0;
  const begin = (job: ClaimedJob) => {
    steps += 1;
    const step = runStep(runner, job).then((next) => {
      if (next !== null && next.atMs < until) expected.set(next.jobId, next.atMs);
    }).finally(() => running.delete(step));
    running.add(step);
  };
  const isFree = () => running.size < concurrency && performance.now() < until;
  if (options.claimed !== undefined) begin(options.claimed);
  else if (options.jobId !== undefined) expected.set(options.jobId, performance.now());
  const isSearching = running.size + expected.size === 0;
  try {
    for (let search = isSearching; performance.now() < until;) {
      for (const [jobId, atMs] of [...expected]) {
        if (atMs > performance.now() || !isFree()) continue;
        expected.delete(jobId);
        (await runner.queue.claim({ kinds, limit: 1, jobId })).forEach(begin);
      }
      if (search && isFree()) {
        const { states } = options;
        const limit = concurrency - running.size;
        const filter = { kinds, limit, ...(states === undefined ? {} : { states }) };
        (await runner.queue.claim(filter)).forEach(begin);
      }
      if (running.size + expected.size === 0) break;
      const nextMs = isFree() ? Math.min(until, ...expected.values()) : until;
      // Only when something has ended can a further search find a place or a new job.
      const hasEnded = await anyOf(running, nextMs - performance.now());
      search = isSearching && hasEnded;
    }
  } catch (error) {
    runner.log.error("claim_failed", {}, error);
  }
  await Promise.all(running);
  return steps;
}

/** Waits until one of them has ended, or the time is up: false then. */
async function anyOf(running: Iterable<Promise<void>>, limitMs: number): Promise<boolean> {
  const timeUp = Promise.withResolvers<false>();
  const timer = setTimeout(() => timeUp.resolve(false), Math.max(0, limitMs));
  const ends = [...running].map((step) => step.then(() => true));
  return await Promise.race([...ends, timeUp.promise]).finally(() => clearTimeout(timer));
}

/** A job that is worth a claim by its id at a time of `performance.now()`. */
interface Expected {
  readonly jobId: string;
  readonly atMs: number;
}

async function runStep(runner: Runner, job: ClaimedJob): Promise<Expected | null> {
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
    const fields = { outcome: told === "lost" ? "lost" : outcome.then, ms, code: error?.code };
    if (error === undefined) log.info("step", fields);
    else log.error("step", fields, error);
    if (told === "ended" && job.parent_id !== null) {
      return { jobId: job.parent_id, atMs: performance.now() };
    }
    // In line again it waits for its turn; with work out there it is this worker's to look at.
    return typeof told === "string" || told.state === "queued"
      ? null
      : { jobId: job.id, atMs: performance.now() + told.seconds * 1000 };
  } catch (error) {
    // The lease runs out by itself and another worker takes the job: nothing to undo here.
    log.error("step_not_told", {}, error);
    return null;
  } finally {
    clearInterval(heartbeat);
  }
}

/** What became of a job: it is over, it is no longer ours, or where it is until when. */
type Told = "ended" | "lost" | { readonly state: "queued" | "waiting"; readonly seconds: number };

async function tell(queue: JobQueue, job: ClaimedJob, outcome: JobOutcome): Promise<Told> {
  switch (outcome.then) {
    case "done":
      return await queue.succeed(job, outcome.result) ? "ended" : "lost";
    case "fail":
      return await queue.fail(job, failureOf(outcome.error)) ? "ended" : "lost";
    case "lost":
      return "lost";
    default: {
      const to = placeOf(job, outcome);
      const seconds = await queue.release(job, to);
      if (seconds === null) return "lost";
      return seconds < 0 ? "ended" : { state: to.state, seconds };
    }
  }
}

/** Where a job waits for its next step. */
function placeOf(
  job: ClaimedJob,
  outcome: JobOutcome & { readonly then: "wait" | "requeue" | "retry" },
): Parameters<JobQueue["release"]>[1] {
  switch (outcome.then) {
    case "wait":
      return {
        state: "waiting",
        delaySeconds: outcome.seconds,
        ...(outcome.progress === undefined ? {} : { progress: outcome.progress }),
      };
    case "requeue":
      return { state: "queued", delaySeconds: outcome.seconds };
    case "retry":
      return {
        // With a task out there it goes on looking; without one it stands in line again.
        state: job.external_task_id === null ? "queued" : "waiting",
        delaySeconds: outcome.error.retryAfterSeconds ?? backoffSeconds(job.failure_count),
        failure: failureOf(outcome.error),
      };
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

/** A row is read and sent whole whenever it changes: longer details, as of many allowed values, are left out. */
const MOST_DETAIL_CHARS = 2_000;

/** What a row and its owner are told. */
export function failureOf({ code, message, details }: AppError): JobFailure {
  const text = JSON.stringify(details);
  return text === undefined || text.length > MOST_DETAIL_CHARS
    ? { code, message }
    : { code, message, details: JSON.parse(text) };
}
