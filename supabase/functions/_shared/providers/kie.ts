/**
 * Clips by KIE (kie.ai): createTask and recordInfo of its market API.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";
import { kieRequestError, kieTaskError } from "./kie_error.ts";
import { kieInput } from "./kie_input.ts";
import {
  type KieAnswer,
  KieCreated,
  KieRecord,
  KieResult,
  parseJson,
  readKieAnswer,
} from "./kie_wire.ts";
import type { ProviderCall, RenderStatus, VideoRenderer } from "./render.ts";
import { calledOff, lostSubmit } from "./submit_outcome.ts";

/** Recorded creates answer within 3 s; one that takes longer may still be accepted. */
const SUBMIT_TIMEOUT_MS = 30_000;

/** Looking is repeated anyway, so it should not hold a worker for long. */
const STATUS_TIMEOUT_MS = 15_000;

/** Without a usual User-Agent the CDN before KIE answers 403 "error code: 1010". */
const USER_AGENT = "Mozilla/5.0 (compatible; ai-studio/1.0)";

/** How KIE is reached. */
export interface KieConfig {
  /** Bearer key. Secret. */
  readonly apiKey: string;
  /** `https://api.kie.ai` or a simulator, without a trailing slash. */
  readonly baseUrl: string;
  /** Takes one line a call. */
  readonly log: Log;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/**
 * Makes the video renderer. It never retries: KIE has no idempotency key, so a create that is sent
 * twice is paid twice.
 *
 * `submit` is `accepted` when a task id came; `refused` for a body code other than 200, an HTTP 4xx, or
 * an input the model does not take (`MODEL_INPUT_INVALID`: nothing was sent); `never_sent`; and
 * `unknown` for all else.
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
      let body: string;
      try {
        body = JSON.stringify({
          model: request.endpoint,
          ...(callbackUrl === undefined ? {} : { callBackUrl: callbackUrl }),
          input: kieInput(request),
        });
      } catch (error) {
        if (error instanceof AppError) return { outcome: "refused", error };
        throw error;
      }
      try {
        const answer = await ask(config, {
          operation: "create_task",
          path: "/api/v1/jobs/createTask",
          init: { method: "POST", body },
          timeoutMs: SUBMIT_TIMEOUT_MS,
          signal,
        });
        const created = KieCreated.safeParse(answer.data);
        // A task id is proof of a task, whatever the code beside it says.
        if (created.success) return { outcome: "accepted", externalTaskId: created.data.taskId };
        if (answer.code === 200) throw badResponse(config.log, "create_task", "data.taskId");
        const { code, message } = answer;
        return {
          outcome: "refused",
          error: kieRequestError({ code, message, action: "create_task" }),
        };
      } catch (error) {
        return lostSubmit(error);
      }
    },
    status: async ({ externalTaskId }, { signal }: ProviderCall = {}) => {
      const answer = await ask(config, {
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
  };
}

function readRecord(log: Log, { data }: KieAnswer): RenderStatus {
  const record = KieRecord.safeParse(data);
  if (!record.success) {
    throw badResponse(log, "record_info", `data.${record.error.issues[0]?.path.join(".") ?? ""}`);
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
    if (resultUrl === undefined) throw badResponse(log, "record_info", "data.resultJson");
    return { state: "succeeded", resultUrl };
  }
  return progress == null || progress < 0 || progress > 100
    ? { state: "rendering" }
    : { state: "rendering", progress: progress / 100 };
}

async function ask(config: KieConfig, call: {
  readonly operation: string;
  readonly path: string;
  readonly init: RequestInit;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Promise<KieAnswer> {
  const { log } = config;
  const { operation, timeoutMs, signal } = call;
  const raw = await callProvider(`${config.baseUrl}${call.path}`, {
    ...call.init,
    // Following a redirect would take the key elsewhere, and could send a paid create twice.
    redirect: "manual",
    headers: {
      authorization: `Bearer ${config.apiKey}`,
      accept: "application/json",
      "content-type": "application/json",
      "user-agent": USER_AGENT,
    },
  }, {
    provider: "kie",
    operation,
    timeoutMs,
    log,
    signal,
    ...(config.fetch === undefined ? {} : { fetch: config.fetch }),
  });
  const answer = readKieAnswer(raw);
  if (answer !== null) return answer;
  if (raw.status >= 400) {
    throw new AppError(
      "PROVIDER_UNAVAILABLE",
      `Cannot ${operation} at kie: HTTP status ${raw.status}`,
    );
  }
  throw badResponse(log, operation, "code");
}

function badResponse(log: Log, operation: string, path: string): AppError {
  log.error("provider_bad_response", { provider: "kie", operation, path });
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    `Cannot ${operation} at kie: the answer is not as documented at "${path}"`,
  );
}
