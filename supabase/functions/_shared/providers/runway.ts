/**
 * Clips by Runway: image_to_video and tasks of its API, version 2024-11-06, through its official client.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import type { ProviderCall, Renderer, RenderStatus, RenderTask, VideoRequest } from "./render.ts";
import { askRunway, type RunwayConfig, RunwayRefusal } from "./runway_client.ts";
import { isRunwayProblem, runwayRequestError, runwayTaskError } from "./runway_error.ts";
import { runwayInput } from "./runway_input.ts";
import { calledOff, lostSubmit } from "./submit_outcome.ts";

/** A create answers within seconds; one that takes longer may still be accepted. */
const SUBMIT_TIMEOUT_MS = 30_000;

/** Looking is repeated anyway, so it should not hold a worker for long. */
const STATUS_TIMEOUT_MS = 15_000;

const Created = z.looseObject({ id: z.string().min(1) });

const Task = z.discriminatedUnion("status", [
  z.looseObject({ status: z.enum(["PENDING", "THROTTLED"]) }),
  z.looseObject({ status: z.literal("RUNNING"), progress: z.number().nullish() }),
  // Each look signs the URLs anew, for 24 to 48 h.
  z.looseObject({
    status: z.literal("SUCCEEDED"),
    output: z.array(z.url({ protocol: /^https?$/ })).min(1),
  }),
  z.looseObject({
    status: z.literal("FAILED"),
    failure: z.string().nullish(),
    failureCode: z.string().nullish(),
  }),
  // The client's types have the first spelling, some of the documentation the second.
  z.looseObject({ status: z.enum(["CANCELLED", "CANCELED"]) }),
]);

/** The words above. One that is not documented yet is no end: it is waited out. */
const STATUSES = [
  "PENDING",
  "THROTTLED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "CANCELED",
];

const NamedTask = z.looseObject({ status: z.string().min(1) });

/** A video renderer that can also call work off. */
export interface RunwayRenderer extends Renderer<VideoRequest> {
  /**
   * Calls a task off: true when Runway did, false when it does not know the task or could not be asked. A
   * task that has ended is deleted, its clip too: only for work that nobody waits for any more.
   */
  cancel(task: RenderTask, call?: ProviderCall): Promise<boolean>;
}

/**
 * Makes the video renderer. It never retries: Runway has no idempotency key, so a create that is sent twice
 * is paid twice. Runway does not call back: `callbackUrl` is not used, tasks are looked at.
 *
 * `submit` is `accepted` when an id came; `refused` for an HTTP 4xx with Runway's `error` and for an input
 * the model does not take (`MODEL_INPUT_INVALID`: nothing was sent); `never_sent`; and `unknown` for all
 * else. A task beyond the account's concurrency is accepted too, and waits as THROTTLED.
 *
 * `status` of a task that was deleted is `failed` with `PROVIDER_FAILED`. Besides the role's errors it
 * throws `PROVIDER_REJECTED` when the key is refused.
 */
export function createRunway(config: RunwayConfig): RunwayRenderer {
  const { log } = config;
  return {
    provider: "runway",
    submit: async (request, { signal } = {}) => {
      const off = calledOff("runway", signal);
      if (off !== null) return off;
      let body: Record<string, unknown>;
      try {
        body = runwayInput(request);
      } catch (error) {
        if (error instanceof AppError) return { outcome: "refused", error };
        throw error;
      }
      const operation = "image_to_video";
      try {
        const answer = await askRunway(
          config,
          { operation, timeoutMs: SUBMIT_TIMEOUT_MS, signal },
          // Not `imageToVideo.create`: its type knows only the models of its own release.
          (client) => client.post<unknown>("/v1/image_to_video", { body }),
        );
        const created = Created.safeParse(answer);
        if (!created.success) throw badResponse(log, operation, created.error);
        return { outcome: "accepted", externalTaskId: created.data.id };
      } catch (error) {
        if (error instanceof RunwayRefusal && isRefused(error)) {
          return { outcome: "refused", error: runwayRequestError(error, operation) };
        }
        return lostSubmit(lookError(log, operation, error));
      }
    },
    status: async ({ externalTaskId }, { signal } = {}) => {
      const operation = "status";
      let answer: unknown;
      try {
        answer = await askRunway(
          config,
          { operation, timeoutMs: STATUS_TIMEOUT_MS, signal },
          (client) => client.tasks.retrieve(externalTaskId),
        );
      } catch (error) {
        if (error instanceof RunwayRefusal && error.status === 404 && isRunwayProblem(error)) {
          const { message } = runwayRequestError(error, "read the status");
          return { state: "failed", error: new AppError("PROVIDER_FAILED", message) };
        }
        throw lookError(log, operation, error);
      }
      const named = NamedTask.safeParse(answer);
      if (named.success && !STATUSES.includes(named.data.status)) return { state: "rendering" };
      const task = Task.safeParse(answer);
      if (!task.success) throw badResponse(log, operation, task.error);
      return readTask(task.data);
    },
    cancel: async ({ externalTaskId }, { signal } = {}) => {
      const operation = "cancel";
      try {
        await askRunway(
          config,
          { operation, timeoutMs: STATUS_TIMEOUT_MS, signal },
          (client) => client.tasks.delete(externalTaskId),
        );
        return true;
      } catch (error) {
        // Already logged by the call; a bug of ours is still thrown.
        lookError(log, operation, error);
        return false;
      }
    },
  };
}

function readTask(task: z.infer<typeof Task>): RenderStatus {
  switch (task.status) {
    case "PENDING":
    case "THROTTLED":
      return { state: "rendering" };
    case "RUNNING": {
      const { progress } = task;
      return progress == null || progress < 0 || progress > 1
        ? { state: "rendering" }
        : { state: "rendering", progress };
    }
    case "SUCCEEDED":
      return { state: "succeeded", resultUrl: task.output[0] ?? "" };
    case "FAILED":
      return { state: "failed", error: runwayTaskError(task) };
    case "CANCELLED":
    case "CANCELED":
      return {
        state: "failed",
        error: new AppError("PROVIDER_FAILED", "Cannot render at runway: the task was cancelled"),
      };
  }
}

/** A 4xx of Runway's own: there is no task. A 408 may come from a proxy after the fact. */
function isRefused(refusal: RunwayRefusal): boolean {
  const { status } = refusal;
  return status >= 400 && status < 500 && status !== 408 && isRunwayProblem(refusal);
}

/** Turns whatever a call rejected with into an `AppError`; rethrows our own bugs. */
function lookError(log: Log, operation: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof RunwayRefusal) return runwayRequestError(error, operation);
  if (error instanceof SyntaxError) return badResponse(log, operation, error);
  throw error;
}

function badResponse(log: Log, operation: string, cause: z.ZodError | SyntaxError): AppError {
  const path = cause instanceof SyntaxError ? "(not JSON)" : cause.issues[0]?.path.join(".") ?? "";
  log.error("provider_bad_response", { provider: "runway", operation, path });
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    `Cannot ${operation} at runway: the answer is not as documented at "${path}"`,
    { cause },
  );
}
