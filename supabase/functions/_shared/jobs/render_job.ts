/**
 * Pictures, clips, and films that a provider joins: submitted once, looked at until they end, then copied into our Storage.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import { ERRORS } from "../../../../shared/contract/errors.ts";
import { AppError } from "../app_error.ts";
import type { ClaimedJob, JobQueue } from "../database/job_queue.ts";
import { sha256Hex } from "../idempotency.ts";
import type { Renderer, RenderStatus, RenderTask } from "../providers/render.ts";
import { backoffSeconds, isTooLate } from "./backoff.ts";
import type { JobHandler, JobOutcome, StepContext } from "./handler.ts";
import { type FinishedMedia, keepMedia } from "./keep_media.ts";
import { pollDelaySeconds } from "./poll_pace.ts";
import { failureOf } from "./run_jobs.ts";

/** What pictures, clips and films differ in. */
export interface RenderKind<Request extends { readonly endpoint: string }> {
  /** The kind of job. */
  readonly kind: "image" | "video" | "film";
  /** The renderer of a job's provider. Throws `PROVIDER_NOT_CONFIGURED`. */
  renderer(provider: string): Renderer<Request>;
  /** What to ask for, from the job's payload. */
  request(job: ClaimedJob): Request;
  /** Copies the result into Storage and gives the job's result. */
  collect(
    job: ClaimedJob,
    result: RenderStatus & { readonly state: "succeeded" },
    context: StepContext,
  ): Promise<Json>;
  /**
   * Keeps a result that came with the answer to the submit, and gives the job's result. Absent: no renderer
   * of this kind ends in its submit. Errors: as of `collect`.
   */
  keepMedia?(job: ClaimedJob, media: FinishedMedia, context: StepContext): Promise<Json>;
  /** Seconds a result usually takes: paces the looks. */
  typicalSeconds(job: ClaimedJob): number;
  /** Absolute URL of our webhook, or null when the provider is only looked at. */
  callbackUrl(provider: string): string | null;
}

/**
 * A lost answer is waited for until the job's deadline; the webhook may still name the task. After this
 * `begin_submit` is asked once more: it gives the provider's slot back when the time for that has come.
 */
const UNKNOWN_LOOK_SECONDS = 300;

/** Makes the handler. */
export function createRenderHandler<Request extends { readonly endpoint: string }>(
  queue: JobQueue,
  kind: RenderKind<Request>,
): JobHandler {
  return {
    kind: kind.kind,
    run: async (job, context) => {
      const renderer = kind.renderer(job.provider ?? "");
      const request = kind.request(job);
      const taskId = job.external_task_id;
      if (taskId === null) {
        const sent = await submit(queue, job, { renderer, request, kind, context });
        if ("then" in sent) return sent;
        // Nothing that was just accepted is done yet: the place is another job's meanwhile.
        return { then: "wait", seconds: pollDelay(job, 0, kind) };
      }
      return await look(job, { renderer, endpoint: request.endpoint, taskId, kind, context });
    },
  };
}

interface Submission<Request extends { readonly endpoint: string }> {
  readonly renderer: Renderer<Request>;
  readonly request: Request;
  readonly kind: RenderKind<Request>;
  readonly context: StepContext;
}

/** Sends the work once: what is about to be sent is committed first, what became of it right after. */
async function submit<Request extends { readonly endpoint: string }>(
  queue: JobQueue,
  job: ClaimedJob,
  { renderer, request, kind, context }: Submission<Request>,
): Promise<JobOutcome | { readonly externalTaskId: string }> {
  const token = crypto.randomUUID().replaceAll("-", "");
  const decision = await queue.beginSubmit(job, {
    token: await sha256Hex(token),
    request: await sha256Hex(JSON.stringify(request)),
  });
  switch (decision.decision) {
    case "lost":
      return { then: "lost" };
    case "wait":
      return { then: "requeue", seconds: decision.seconds };
    case "unknown":
      return { then: "wait", seconds: decision.seconds };
    case "submitted":
      return { externalTaskId: decision.external_task_id };
  }
  const callback = kind.callbackUrl(renderer.provider);
  const callbackUrl = callback === null
    ? undefined
    : `${callback}?provider=${renderer.provider}&attempt=${decision.attempt_id}&token=${token}`;
  // Not tied to the step's signal: an aborted submit would only be one more unknown outcome.
  const outcome = await renderer.submit(
    request,
    callbackUrl === undefined ? {} : { callbackUrl },
  );
  if (outcome.outcome === "accepted") {
    const recorded = await queue.recordSubmit(decision.attempt_id, {
      state: "submitted",
      externalTaskId: outcome.externalTaskId,
    });
    if (!recorded) {
      // Cancelled or given up while it was being sent: nobody waits for this task any more.
      await renderer.cancel?.({
        externalTaskId: outcome.externalTaskId,
        endpoint: request.endpoint,
      });
      return { then: "lost" };
    }
    return { externalTaskId: outcome.externalTaskId };
  }
  if (outcome.outcome === "finished") {
    // On record before it is kept: should this worker die in between, the next one must not wait for an
    // answer that has been given.
    const recorded = await queue.recordSubmit(decision.attempt_id, {
      state: "submitted",
      externalTaskId: outcome.externalTaskId,
    });
    if (!recorded) return { then: "lost" };
    const { keepMedia: keep } = kind;
    if (keep === undefined) throw new Error(`A ${kind.kind} can't be finished by its submit`);
    return await keepMedia(() => keep(job, outcome, context), context);
  }
  const { error } = outcome;
  const limited = error.code === "PROVIDER_RATE_LIMITED";
  const pauseSeconds = error.retryAfterSeconds ?? RATE_PAUSE_SECONDS;
  const tooLate = isTooLate(job, pauseSeconds);
  await queue.recordSubmit(decision.attempt_id, {
    state: outcome.outcome,
    error: failureOf(error),
    // A wait beyond the deadline is for a day's quota, most likely, which is one model's: others may go on.
    ...(limited && !tooLate ? { blockSeconds: Math.min(pauseSeconds, LONGEST_BLOCK_SECONDS) } : {}),
  });
  context.log.error("submit_failed", { outcome: outcome.outcome, code: error.code }, error);
  if (outcome.outcome === "unknown") return { then: "wait", seconds: UNKNOWN_LOOK_SECONDS };
  if (limited) {
    // A quota of the day comes back long after the deadline: better told now than then.
    return tooLate ? { then: "fail", error } : { then: "requeue", seconds: pauseSeconds };
  }
  // A provider that is down, by its silence or its own word, is nobody's failure: the breaker and the deadline
  // bound the waiting.
  if (outcome.outcome === "never_sent") {
    return { then: "requeue", seconds: UNREACHABLE_PAUSE_SECONDS };
  }
  if (error.code === "PROVIDER_UNAVAILABLE") {
    // What it answers counts against its rate: who asks in vain asks less and less often.
    const seconds = Math.max(UNREACHABLE_PAUSE_SECONDS, backoffSeconds(job.attempt));
    return { then: "requeue", seconds };
  }
  return { then: isFinal(error) ? "fail" : "retry", error };
}

/** Between tries to reach a provider that takes no connection; at least, for one that says it is down. */
const UNREACHABLE_PAUSE_SECONDS = 5;

/** KIE's own window (docs.kie.ai, August 2026); nobody documents Retry-After. */
const RATE_PAUSE_SECONDS = 10;

/** As long as the breaker's longest: the wait may concern one model, or be over with another key. */
const LONGEST_BLOCK_SECONDS = 600;

interface Look<Request extends { readonly endpoint: string }> {
  readonly renderer: Renderer<Request>;
  readonly endpoint: string;
  readonly taskId: string;
  readonly kind: RenderKind<Request>;
  readonly context: StepContext;
}

/** Looks once. */
async function look<Request extends { readonly endpoint: string }>(
  job: ClaimedJob,
  { renderer, endpoint, taskId, kind, context }: Look<Request>,
): Promise<JobOutcome> {
  const status = await tryStatus(renderer, { externalTaskId: taskId, endpoint }, context);
  if (status instanceof AppError) {
    const seconds = pollDelay(job, LONGEST_AGE_SECONDS, kind);
    if (status.code !== "PROVIDER_BAD_RESPONSE") return { then: "wait", seconds };
    // The end itself may be what can't be read, and then every look is answered so: as many in a row as a job
    // has tries, over two minutes, end it. A look that finds it rendering starts the count anew.
    const { code, message } = status;
    const error = new AppError(code, message, { cause: status, retryAfterSeconds: seconds });
    return { then: "retry", error };
  }
  if (status.state === "succeeded") {
    return await keep(job, status, {
      kind,
      context,
      renew: () => renewed({ renderer, context }, { externalTaskId: taskId, endpoint }, status),
    });
  }
  if (status.state === "failed") return { then: "fail", error: status.error };
  const age = (Date.now() - Date.parse(job.started_at ?? job.created_at)) / 1000;
  // Providers rarely say how far they are; time against the typical time is the honest guess.
  const progress = status.progress ?? Math.min(0.9, age / (kind.typicalSeconds(job) * 1.5));
  return { then: "wait", seconds: pollDelay(job, age, kind), progress };
}

function pollDelay<Request extends { readonly endpoint: string }>(
  job: ClaimedJob,
  ageSeconds: number,
  kind: RenderKind<Request>,
): number {
  const typicalSeconds = kind.typicalSeconds(job);
  return pollDelaySeconds({ provider: job.provider ?? "", ageSeconds, typicalSeconds });
}

/** Old enough for the longest pause between looks. */
const LONGEST_AGE_SECONDS = 600;

/** Looks, or gives why the look itself failed: that says nothing about the task, which goes on. */
async function tryStatus<Request extends { readonly endpoint: string }>(
  renderer: Renderer<Request>,
  task: RenderTask,
  context: StepContext,
): Promise<RenderStatus | AppError> {
  try {
    return await renderer.status(task, { signal: context.signal });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.log.error("look_failed", { provider: renderer.provider, code: error.code }, error);
    return error;
  }
}

/** Reasons that another download of the same file can't change. */
const FINAL_REASONS = new Set(["wrong_type", "too_large", "dimensions", "unreadable", "duration"]);

/** Tells a failure that comes again however often it is tried. */
function isFinal(error: AppError): boolean {
  return !ERRORS[error.code].retryable || FINAL_REASONS.has(reasonOf(error) ?? "");
}

type Succeeded = RenderStatus & { readonly state: "succeeded" };

async function keep<Request extends { readonly endpoint: string }>(
  job: ClaimedJob,
  status: Succeeded,
  { kind, context, renew }: {
    readonly kind: RenderKind<Request>;
    readonly context: StepContext;
    /** The same result under a fresh URL, or null. */
    renew(): Promise<Succeeded | null>;
  },
): Promise<JobOutcome> {
  try {
    try {
      return { then: "done", result: await kind.collect(job, status, context) };
    } catch (error) {
      const fresh = reasonOf(error) === "expired" ? await renew() : null;
      if (fresh === null) throw error;
      return { then: "done", result: await kind.collect(job, fresh, context) };
    }
  } catch (error) {
    if (error instanceof AppError && error.code === "RESULT_INVALID") {
      return { then: isFinal(error) ? "fail" : "retry", error };
    }
    throw error;
  }
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof AppError) || error.code !== "RESULT_INVALID") return undefined;
  const { reason } = (error.details ?? {}) as { reason?: string };
  return reason;
}

/** A result whose URL had expired, under a fresh one: the provider's own way first, else a second look. */
async function renewed<Request extends { readonly endpoint: string }>(
  { renderer, context }: { readonly renderer: Renderer<Request>; readonly context: StepContext },
  task: RenderTask,
  status: Succeeded,
): Promise<Succeeded | null> {
  const resultUrl = await renderer.renewUrl?.(status.resultUrl, { signal: context.signal }) ?? null;
  if (resultUrl !== null) return { ...status, resultUrl };
  const again = await tryStatus(renderer, task, context);
  if (again instanceof AppError || again.state !== "succeeded") return null;
  return again.resultUrl === status.resultUrl ? null : again;
}
