/**
 * The `fetch` the AI SDK is given for OpenAI: through our own door, refusals turned into our codes.
 *
 * @module
 */
import { z } from "zod";
import type { Log } from "../log.ts";
import { callProvider, type Fetch, openProvider } from "../outbound.ts";
import { openAiError } from "./openai_error.ts";
import type { ProviderCall } from "./render.ts";

/** What {@link openAiFetch} needs. */
export interface OpenAiConfig {
  /** Secret. */
  readonly apiKey: string;
  /** With version, without trailing slash: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** One line a call and one for its tokens. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** How long one answer may take; defaults to a minute. */
  readonly timeoutMs?: number;
}

/** As for the other language models: a minute is a model that thinks in circles. */
const TIMEOUT_MS = 60_000;

const Failed = z.object({ status: z.literal("failed") });

/** Makes the `fetch`. It answers 200 with something that has not failed, or throws an `AppError`. */
export function openAiFetch(
  config: OpenAiConfig,
  operation: string,
  call: ProviderCall,
): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${config.apiKey}`);
    const answer = await callProvider(url, { ...init, headers }, {
      provider: "openai",
      operation,
      timeoutMs: config.timeoutMs ?? TIMEOUT_MS,
      log: config.log,
      signal: call.signal,
      ...(config.fetch ? { fetch: config.fetch } : {}),
    });
    // The Responses API tells of failures it meets on its way inside an answer that is 200.
    if (answer.status !== 200 || hasFailed(answer.text)) throw openAiError(answer, operation);
    return new Response(answer.text, { headers: { "content-type": "application/json" } });
  };
}

/** As {@link openAiFetch}, for answers that are streams: the body is given as it comes. */
export function openAiStreamFetch(
  config: OpenAiConfig,
  operation: string,
  call: ProviderCall & { readonly timeoutMs: number },
): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input;
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${config.apiKey}`);
    const answer = await openProvider(url, { ...init, headers }, {
      provider: "openai",
      operation,
      timeoutMs: config.timeoutMs ?? call.timeoutMs,
      log: config.log,
      signal: call.signal,
      ...(config.fetch ? { fetch: config.fetch } : {}),
    });
    if (answer.status !== 200) throw openAiError(answer, operation);
    return new Response(answer.body, { headers: answer.headers });
  };
}

function hasFailed(text: string): boolean {
  try {
    return Failed.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
