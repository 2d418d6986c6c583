/**
 * The `fetch` the AI SDK is given: through our own door, with our keys, refusals turned into our codes.
 *
 * @module
 */
import { callProvider, type Fetch } from "../outbound.ts";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { googleError } from "./google_error.ts";
import type { ProviderCall } from "./render.ts";

/** What the calls need. */
export interface GeminiFetchConfig {
  /** In order of preference. Secret. */
  readonly apiKeys: readonly string[];
  /** One line a call. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: () => number;
  /** Defaults to a minute. */
  readonly timeoutMs?: number;
}

/** A film of 20 scenes takes a flash model some 20 s; a minute is a model that thinks in circles. */
const TIMEOUT_MS = 60_000;

/**
 * Makes the `fetch`. It answers 200 or throws an `AppError`. A key whose quota is used up is followed by
 * the next one, each key once; when all are, the refusal that ends first is thrown.
 */
export function geminiFetch(config: GeminiFetchConfig, call: ProviderCall): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    let refusal: AppError | undefined;
    for (const key of keysInOrder(config.apiKeys)) {
      const headers = new Headers(init?.headers);
      headers.set("x-goog-api-key", key);
      const answer = await callProvider(url, { ...init, headers }, {
        provider: "gemini",
        operation: "generate_content",
        timeoutMs: config.timeoutMs ?? TIMEOUT_MS,
        log: config.log,
        signal: call.signal,
        ...(config.fetch ? { fetch: config.fetch } : {}),
      });
      if (answer.status === 200) {
        return new Response(answer.text, { headers: { "content-type": "application/json" } });
      }
      const error = googleError(answer, {
        provider: "gemini",
        operation: "generate_content",
        secrets: config.apiKeys,
        ...(config.now ? { now: config.now() } : {}),
      });
      if (answer.status !== 429) throw error;
      if (refusal === undefined || wait(error) < wait(refusal)) refusal = error;
    }
    throw refusal ?? new AppError("PROVIDER_NOT_CONFIGURED", "Cannot use gemini: there is no key");
  };
}

/** Seconds to wait, for comparing. */
function wait(error: AppError): number {
  return error.retryAfterSeconds ?? Infinity;
}

/** Which key is tried first, and which ones after it when a quota is used up. */
function keysInOrder(apiKeys: readonly string[]): readonly string[] {
  return apiKeys;
}
