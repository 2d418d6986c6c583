/**
 * Calls of KIE's API: one door, one envelope.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";
import { type KieAnswer, readKieAnswer } from "./kie_wire.ts";

/** Without a usual User-Agent the CDN before KIE answers 403 "error code: 1010". */
const USER_AGENT = "Mozilla/5.0 (compatible; ai-studio/1.0)";

/** How KIE is reached. */
export interface KieConfig {
  /** Bearer key. Secret. */
  readonly apiKey: string;
  /** `https://api.kie.ai` or a simulator, without a trailing slash. */
  readonly baseUrl: string;
  /**
   * `https://kieai.redpandaai.co` or a simulator, without a trailing slash: pictures at addresses that are
   * not on the public internet are uploaded there first. Undefined: every URL is passed on as it is.
   */
  readonly uploadUrl?: string | undefined;
  /** Takes one line a call. */
  readonly log: Log;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/**
 * Makes one call and gives KIE's answer, whatever its code.
 * Errors: those of `callProvider`; `PROVIDER_UNAVAILABLE` for a server error at HTTP level;
 * `PROVIDER_BAD_RESPONSE` for anything that is not the envelope.
 */
export async function askKie(config: KieConfig, call: {
  readonly operation: string;
  readonly path: string;
  /** Default: the API's. */
  readonly baseUrl?: string;
  readonly init: RequestInit;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Promise<KieAnswer> {
  const { log } = config;
  const { operation, timeoutMs, signal } = call;
  const raw = await callProvider(`${call.baseUrl ?? config.baseUrl}${call.path}`, {
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
  throw kieBadResponse(log, operation, "code");
}

/** Makes the error for an answer that is not as documented at a path, and logs the path. */
export function kieBadResponse(log: Log, operation: string, path: string): AppError {
  log.error("provider_bad_response", { provider: "kie", operation, path });
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    `Cannot ${operation} at kie: the answer is not as documented at "${path}"`,
  );
}
