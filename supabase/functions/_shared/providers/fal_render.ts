/**
 * Work in fal's queue, whatever is made: submitted once, looked at until it ends, called off.
 * Source: @fal-ai/client 1.10.1 and fal.ai/docs, August 2026.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { falDetail, falRequestError, falTaskError, isTaskFailure } from "./fal_error.ts";
import { type FalCall, type FalConfig, falQueue, FalRefusal, FalUnanswered } from "./fal_queue.ts";
import type { ProviderCall, Renderer, RenderStatus, RenderTask } from "./render.ts";
import { calledOff, lostSubmit } from "./submit_outcome.ts";

/** The queue takes a submit within a second; one that takes longer may still be accepted. */
const SUBMIT_TIMEOUT_MS = 30_000;

/** Looking is repeated anyway, so it should not hold a worker for long. */
const STATUS_TIMEOUT_MS = 15_000;

const Submitted = z.looseObject({ request_id: z.string().min(1) });

// There is no FAILED: a failed job is COMPLETED, and its result answers with the failure.
/** IN_QUEUE, IN_PROGRESS, COMPLETED. One that is not documented yet is no end: it is waited out. */
const QueueStatus = z.looseObject({ status: z.string().min(1) });

/** What pictures and clips differ in. */
export interface FalKind<Request extends { readonly endpoint: string }> {
  /** What is made, for sentences: `draw the picture`. */
  readonly action: string;
  /** The endpoint's input. Throws `MODEL_INPUT_INVALID` when the endpoint does not take the request. */
  input(request: Request): Record<string, unknown>;
  /** Reads an endpoint's output. Throws `ZodError` when it is not as documented. */
  read(output: unknown): RenderStatus;
}

/** A renderer that can also call work off. */
export interface FalRenderer<Request> extends Renderer<Request> {
  /**
   * Asks fal to call a task off: true when it will, false when it has already ended, is not known, or fal
   * could not be asked. A task that is under way may still end with a result, and is billed then.
   */
  cancel(task: RenderTask, call?: ProviderCall): Promise<boolean>;
}

/**
 * Makes a renderer. It never retries; see `fal_queue.ts` for how the client's own retries are held off.
 *
 * `submit` is `accepted` when a request id came; `refused` for an HTTP 4xx with fal's `detail` and for an
 * input the endpoint does not take (`MODEL_INPUT_INVALID`: nothing was sent); `never_sent`; and `unknown`
 * for all else. A wrong input is accepted and fails later: the queue does not look at it.
 *
 * Besides the role's errors `status` throws `PROVIDER_REJECTED` when the key is refused or the balance is
 * used up.
 */
export function createFalRenderer<Request extends { readonly endpoint: string }>(
  config: FalConfig,
  kind: FalKind<Request>,
): FalRenderer<Request> {
  const { log } = config;
  const queue = (operation: string, timeoutMs: number, signal: AbortSignal | undefined) =>
    falQueue(config, { operation, timeoutMs, signal } satisfies FalCall);

  const result = async (
    task: RenderTask,
    signal: AbortSignal | undefined,
  ): Promise<RenderStatus> => {
    let data: unknown;
    try {
      ({ data } = await queue("result", STATUS_TIMEOUT_MS, signal).result(task.endpoint, {
        requestId: task.externalTaskId,
      }));
    } catch (error) {
      if (error instanceof FalRefusal && isTaskFailure(error)) {
        return { state: "failed", error: falTaskError(error, kind.action) };
      }
      throw lookError(log, "result", error);
    }
    try {
      return kind.read(data);
    } catch (error) {
      throw error instanceof z.ZodError ? badResponse(log, "result", error) : error;
    }
  };

  return {
    provider: "fal",
    submit: async (request, { callbackUrl, signal } = {}) => {
      const off = calledOff("fal", signal);
      if (off !== null) return off;
      let input: Record<string, unknown>;
      try {
        input = kind.input(request);
      } catch (error) {
        if (error instanceof AppError) return { outcome: "refused", error };
        throw error;
      }
      try {
        const answer: unknown = await queue("submit", SUBMIT_TIMEOUT_MS, signal).submit(
          request.endpoint,
          { input, ...(callbackUrl === undefined ? {} : { webhookUrl: callbackUrl }) },
        );
        const submitted = Submitted.safeParse(answer);
        if (!submitted.success) throw badResponse(log, "submit", submitted.error);
        return { outcome: "accepted", externalTaskId: submitted.data.request_id };
      } catch (error) {
        if (error instanceof FalRefusal && isRefused(error)) {
          return { outcome: "refused", error: falRequestError(error, "submit") };
        }
        return lostSubmit(lookError(log, "submit", error));
      }
    },
    status: async (task, { signal } = {}) => {
      let answer: unknown;
      try {
        answer = await queue("status", STATUS_TIMEOUT_MS, signal).status(task.endpoint, {
          requestId: task.externalTaskId,
        });
      } catch (error) {
        if (error instanceof FalRefusal && error.status === 404 && falDetail(error.text) !== null) {
          return { state: "failed", error: falTaskGone(error) };
        }
        throw lookError(log, "status", error);
      }
      const status = QueueStatus.safeParse(answer);
      if (!status.success) throw badResponse(log, "status", status.error);
      return status.data.status === "COMPLETED"
        ? await result(task, signal)
        : { state: "rendering" };
    },
    cancel: async (task, { signal } = {}) => {
      try {
        await queue("cancel", STATUS_TIMEOUT_MS, signal).cancel(task.endpoint, {
          requestId: task.externalTaskId,
        });
        return true;
      } catch (error) {
        // The call has written its line already; a bug of ours is still thrown.
        lookError(log, "cancel", error);
        return false;
      }
    },
  };
}

/** A 4xx of fal's own: the queue has no such task. A 408 may come from a proxy after the fact. */
function isRefused({ status, text }: FalRefusal): boolean {
  return status >= 400 && status < 500 && status !== 408 && falDetail(text) !== null;
}

function falTaskGone(refusal: FalRefusal): AppError {
  const { message } = falRequestError(refusal, "read the status");
  return new AppError("PROVIDER_FAILED", message, { cause: refusal });
}

/** Turns whatever a call rejected with into an `AppError`; rethrows our own bugs. */
function lookError(log: Log, operation: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof FalUnanswered) return error.failure;
  if (error instanceof FalRefusal) return falRequestError(error, operation);
  if (error instanceof SyntaxError) return badResponse(log, operation, error);
  throw error;
}

function badResponse(log: Log, operation: string, cause: z.ZodError | SyntaxError): AppError {
  const path = cause instanceof SyntaxError ? "(not JSON)" : cause.issues[0]?.path.join(".") ?? "";
  log.error("provider_bad_response", { provider: "fal", operation, path });
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    `Cannot ${operation} at fal: the answer is not as documented at "${path}"`,
    { cause },
  );
}
