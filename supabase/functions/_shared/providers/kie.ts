/**
 * Clips by KIE (kie.ai): createTask and recordInfo of its market API.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { askKie, kieBadResponse, type KieConfig } from "./kie_client.ts";
import { kieRequestError, kieTaskError } from "./kie_error.ts";
import { renewKieUrl, withReachablePictures } from "./kie_files.ts";
import { kieInput } from "./kie_input.ts";
import { type KieAnswer, KieCreated, KieRecord, KieResult, parseJson } from "./kie_wire.ts";
import type { ProviderCall, RenderStatus, VideoRenderer } from "./render.ts";
import { calledOff, lostSubmit } from "./submit_outcome.ts";

/** Recorded creates answer within 3 s; one that takes longer may still be accepted. */
const SUBMIT_TIMEOUT_MS = 30_000;

/** Looking is repeated anyway, so it should not hold a worker for long. */
const STATUS_TIMEOUT_MS = 15_000;

/**
 * Makes the video renderer. It never retries: KIE has no idempotency key, so a create that is sent
 * twice is paid twice.
 *
 * `submit` is `accepted` when a task id came; `refused` for a body code other than 200, an HTTP 4xx, or
 * an input the model does not take (`MODEL_INPUT_INVALID`: nothing was sent); `never_sent`; and
 * `unknown` for all else. Pictures that KIE could not fetch are uploaded first (see `kie_files.ts`).
 *
 * `status` of a task KIE does not know is `rendering`: tasks become visible some seconds after their
 * create, and one that never does ends by its job's deadline. Besides the role's errors it throws
 * `PROVIDER_REJECTED` when the key is refused.
 */
export function createKie(config: KieConfig): VideoRenderer {
  return {
    provider: "kie",
    submit: async (request, { callbackUrl, signal } = {}) => {
      const off = calledOff("kie", signal);
      if (off !== null) return off;
      let input: Record<string, unknown>;
      try {
        // Judged before a picture is sent anywhere.
        input = kieInput(request);
        const reachable = await withReachablePictures(config, request, signal);
        if ("outcome" in reachable) return reachable;
        if (reachable !== request) input = kieInput(reachable);
      } catch (error) {
        if (error instanceof AppError) return { outcome: "refused", error };
        throw error;
      }
      const body = JSON.stringify({
        model: request.endpoint,
        ...(callbackUrl === undefined ? {} : { callBackUrl: callbackUrl }),
        input,
      });
      try {
        const answer = await askKie(config, {
          operation: "create_task",
          path: "/api/v1/jobs/createTask",
          init: { method: "POST", body },
          timeoutMs: SUBMIT_TIMEOUT_MS,
          signal,
        });
        const created = KieCreated.safeParse(answer.data);
        // A task id is proof of a task, whatever the code beside it says.
        if (created.success) return { outcome: "accepted", externalTaskId: created.data.taskId };
        if (answer.code === 200) throw kieBadResponse(config.log, "create_task", "data.taskId");
        return { outcome: "refused", error: refusalOf(answer) };
      } catch (error) {
        return lostSubmit(error);
      }
    },
    status: async ({ externalTaskId }, { signal }: ProviderCall = {}) => {
      const answer = await askKie(config, {
        operation: "record_info",
        path: `/api/v1/jobs/recordInfo?taskId=${encodeURIComponent(externalTaskId)}`,
        init: { method: "GET" },
        timeoutMs: STATUS_TIMEOUT_MS,
        signal,
      });
      if (answer.code === 422 || answer.code === 404) {
        config.log.info("task_not_visible", { provider: "kie", code: answer.code });
        return { state: "rendering" };
      }
      if (answer.code !== 200) {
        throw kieRequestError({ ...answer, action: "record_info" });
      }
      return readRecord(config.log, answer);
    },
    renewUrl: async (resultUrl, { signal } = {}) => await renewKieUrl(config, resultUrl, signal),
  };
}

/** For 500, which is as often about the request as about KIE: it is tried again, but not for ever. */
const DOUBTFUL_PAUSE_SECONDS = 60;

function refusalOf({ code, message }: KieAnswer): AppError {
  const error = kieRequestError({ code, message, action: "create_task" });
  if (code !== 500 || error.code !== "PROVIDER_UNAVAILABLE") return error;
  return new AppError("PROVIDER_FAILED", error.message, {
    retryAfterSeconds: DOUBTFUL_PAUSE_SECONDS,
  });
}

function readRecord(log: Log, { data }: KieAnswer): RenderStatus {
  const record = KieRecord.safeParse(data);
  if (!record.success) {
    throw kieBadResponse(
      log,
      "record_info",
      `data.${record.error.issues[0]?.path.join(".") ?? ""}`,
    );
  }
  const { state, resultJson, failCode, failMsg, progress } = record.data;
  if (state === "fail") {
    const code = Number(failCode ?? Number.NaN);
    return { state: "failed", error: kieTaskError({ code, message: failMsg, action: "render" }) };
  }
  if (state === "success") {
    const result = KieResult.safeParse(
      typeof resultJson === "string" ? parseJson(resultJson) : resultJson,
    );
    const resultUrl = result.data?.resultUrls[0];
    if (resultUrl === undefined) throw kieBadResponse(log, "record_info", "data.resultJson");
    return { state: "succeeded", resultUrl };
  }
  return progress == null || progress < 0 || progress > 100
    ? { state: "rendering" }
    : { state: "rendering", progress: progress / 100 };
}
