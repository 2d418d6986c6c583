/**
 * Pictures by fal: FLUX through the queue.
 * Source: @fal-ai/client 1.10.1 and fal.ai/docs, August 2026.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { falDetail, falRequestError, falTaskError, isTaskFailure } from "./fal_error.ts";
import { falImageInput } from "./fal_image_input.ts";
import { type FalCall, type FalConfig, falQueue, FalRefusal, FalUnanswered } from "./fal_queue.ts";
import type { ImageGenerator, ProviderCall, RenderStatus, RenderTask } from "./render.ts";
import { calledOff, lostSubmit } from "./submit_outcome.ts";

/** The queue takes a submit within a second; one that takes longer may still be accepted. */
const SUBMIT_TIMEOUT_MS = 30_000;

/** Looking is repeated anyway, so it should not hold a worker for long. */
const STATUS_TIMEOUT_MS = 15_000;

const Submitted = z.looseObject({ request_id: z.string().min(1) });

// There is no FAILED: a failed job is COMPLETED, and its result answers with the failure.
const QueueStatus = z.looseObject({ status: z.enum(["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]) });

const Result = z.looseObject({
  images: z.array(z.looseObject({ url: z.url({ protocol: /^https?$/ }) })).min(1),
  has_nsfw_concepts: z.array(z.boolean()).nullish(),
});

/** An image generator that can also call work off. */
export interface FalImageGenerator extends ImageGenerator {
  /**
   * Asks fal to call a task off: true when it will, false when it has already ended or is not known.
   * A task that is being drawn may still end with a result, and is billed then. Throws as `status` does.
   */
  cancel(task: RenderTask, call?: ProviderCall): Promise<boolean>;
}

/**
 * Makes the image generator. It never retries; see `fal_queue.ts` for how the client's own retries are
 * held off.
 *
 * `submit` is `accepted` when a request id came; `refused` for an HTTP 4xx with fal's `detail` and for an
 * input the endpoint does not take (`MODEL_INPUT_INVALID`: nothing was sent); `never_sent`; and `unknown`
 * for all else. A wrong input is accepted and fails later: the queue does not look at it.
 *
 * `status` gives `failed` with `CONTENT_REFUSED` also for a picture that fal blackened as unsafe. Besides
 * the role's errors it throws `PROVIDER_REJECTED` when the key is refused or the balance is used up.
 */
export function createFalImage(config: FalConfig): FalImageGenerator {
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
        return { state: "failed", error: falTaskError(error, "draw the picture") };
      }
      throw lookError(log, "result", error);
    }
    const picture = Result.safeParse(data);
    if (!picture.success) throw badResponse(log, "result", picture.error);
    if (picture.data.has_nsfw_concepts?.[0] === true) {
      return {
        state: "failed",
        error: new AppError(
          "CONTENT_REFUSED",
          "Cannot draw the picture at fal: its safety checker blackened the result",
        ),
      };
    }
    return { state: "succeeded", resultUrl: picture.data.images[0]?.url ?? "" };
  };

  return {
    provider: "fal",
    submit: async (request, { callbackUrl, signal } = {}) => {
      const off = calledOff("fal", signal);
      if (off !== null) return off;
      let input: Record<string, unknown>;
      try {
        input = falImageInput(request);
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
        if (error instanceof FalRefusal && [400, 404].includes(error.status)) return false;
        throw lookError(log, "cancel", error);
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
