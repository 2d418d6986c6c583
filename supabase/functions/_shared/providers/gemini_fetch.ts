/**
 * Calls of the Gemini API: through our own door, with one of our keys, refusals turned into our codes.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { type CallOptions, callProvider, type Fetch, openProvider } from "../outbound.ts";
import {
  googleError,
  isGoogleRefusal,
  isKeyRefusal,
  secondsToMidnightPacific,
} from "./google_error.ts";
import { isolateKeys, keyHash, type KeyRing } from "./gemini_keys.ts";
import type { ProviderCall } from "./render.ts";

/** What the calls need. */
export interface GeminiConfig {
  /** One key or more, in order of preference. Secret. */
  readonly apiKeys: readonly string[];
  /** Without version and trailing slash: `https://generativelanguage.googleapis.com`. */
  readonly baseUrl: string;
  /** One line a call, and one for each key that is put aside. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** What is known of the keys; defaults to what this isolate has learnt. */
  readonly keys?: KeyRing;
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: () => number;
  /** How long one answer may take; defaults to what the adapter finds right. */
  readonly timeoutMs?: number;
}

/** What is called. */
export interface GeminiCall extends ProviderCall {
  /** Model id without `models/`: quotas are counted for each. */
  readonly model: string;
  /** What is asked, for messages and the log: `generate_content`. */
  readonly operation: string;
  /** The answer, body included, is abandoned after this. */
  readonly timeoutMs: number;
}

/** How a call ended. */
export type GeminiAnswer =
  /** HTTP 200; the body. */
  | { readonly text: string }
  /**
   * Refused. `isDefinite`: by the API itself, so that nothing was made and nothing is billed ("Am I
   * charged for failed requests?", https://ai.google.dev/gemini-api/docs/billing); else a proxy may have
   * spoken while the work went on.
   */
  | { readonly error: AppError; readonly isDefinite: boolean };

/** A limit of the minute is over after this, when the refusal does not say. */
const MINUTE_SECONDS = 60;

/**
 * Posts a request. A key whose quota is used up, or that is refused, is followed by the next one, each
 * once. When none is left: `PROVIDER_RATE_LIMITED` with the shortest wait among those that a wait helps,
 * else the refusal itself.
 *
 * Throws what `callProvider` throws: then nobody knows what became of the request.
 */
export async function callGemini(
  config: GeminiConfig,
  url: string | URL,
  init: RequestInit,
  call: GeminiCall,
): Promise<GeminiAnswer> {
  const tried = await tryKeys(
    config,
    call,
    (options, apiKey) => callProvider(url, withKey(init, apiKey), options),
  );
  return "error" in tried ? tried : { text: tried.answer.text };
}

function withKey(init: RequestInit, apiKey: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("x-goog-api-key", apiKey);
  return { ...init, headers };
}

/** Sends with one key after another, until an answer is 200 or there is no reason to send again. */
async function tryKeys<Answer extends { status: number; headers: Headers; text: string }>(
  config: GeminiConfig,
  call: GeminiCall,
  send: (options: CallOptions, apiKey: string) => Promise<Answer>,
): Promise<{ readonly answer: Answer } | Exclude<GeminiAnswer, { readonly text: string }>> {
  const { apiKeys, log, keys = isolateKeys } = config;
  let refusal: AppError | undefined;
  for (const apiKey of keys.usable(apiKeys, call.model)) {
    // A request beside this one may have used it up since.
    if (!keys.usable([apiKey], call.model).includes(apiKey)) continue;
    const answer = await send({
      provider: "gemini",
      operation: call.operation,
      timeoutMs: config.timeoutMs ?? call.timeoutMs,
      log,
      signal: call.signal,
      ...(config.fetch ? { fetch: config.fetch } : {}),
    }, apiKey);
    if (answer.status === 200) return { answer };
    const now = config.now?.() ?? Date.now();
    const error = googleError(answer, {
      provider: "gemini",
      operation: call.operation,
      secrets: apiKeys,
      now,
    });
    if (answer.status === 429) {
      // A quota of zero is a refusal for good as far as we can tell; it is asked about once a day.
      const isHopeless = error.code === "PROVIDER_REJECTED";
      const seconds = isHopeless
        ? secondsToMidnightPacific(now)
        : error.retryAfterSeconds ?? MINUTE_SECONDS;
      keys.rest(apiKey, call.model, { seconds, isHopeless });
      log.info("gemini_key_rests", {
        key: await keyHash(apiKey),
        model: call.model,
        seconds,
        hopeless: isHopeless,
      });
    } else if (isKeyRefusal(answer)) {
      keys.distrust(apiKey);
      log.info("gemini_key_refused", { key: await keyHash(apiKey), status: answer.status });
    } else {
      return { error, isDefinite: isGoogleRefusal(answer.text) };
    }
    refusal ??= error;
  }
  const retryAfterSeconds = keys.waitSeconds(apiKeys, call.model);
  if (retryAfterSeconds !== null) {
    const error = new AppError(
      "PROVIDER_RATE_LIMITED",
      `Cannot ${call.operation} at gemini: the quota of every key is used up`,
      { retryAfterSeconds, cause: refusal },
    );
    return { error, isDefinite: true };
  }
  const error = refusal ?? new AppError(
    "PROVIDER_REJECTED",
    `Cannot ${call.operation} at gemini: no key has a quota for model "${call.model}"`,
  );
  return { error, isDefinite: true };
}

/** Makes the `fetch` the AI SDK is given. It answers 200 or throws an `AppError`. */
export function geminiFetch(config: GeminiConfig, call: GeminiCall): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    const answer = await callGemini(config, url, init ?? {}, call);
    if ("error" in answer) throw answer.error;
    return new Response(answer.text, { headers: { "content-type": "application/json" } });
  };
}

/**
 * As {@link geminiFetch}, for answers that are streams: the keys take turns until one of them is answered, and
 * the body is given as it comes.
 */
export function geminiStreamFetch(config: GeminiConfig, call: GeminiCall): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    const tried = await tryKeys(
      config,
      call,
      (options, apiKey) => openProvider(url, withKey(init ?? {}, apiKey), options),
    );
    if ("error" in tried) throw tried.error;
    return new Response(tried.answer.body, { headers: tried.answer.headers });
  };
}

/** Throws `PROVIDER_NOT_CONFIGURED` when there is no key. */
export function assertGeminiKey({ apiKeys }: Pick<GeminiConfig, "apiKeys">): void {
  if (apiKeys.length > 0) return;
  throw new AppError("PROVIDER_NOT_CONFIGURED", "Cannot use gemini: GEMINI_API_KEY is not set");
}
