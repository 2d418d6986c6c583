/**
 * Calls of Google Cloud Text-to-Speech: with a token that is renewed, refusals turned into our codes.
 *
 * Source: https://cloud.google.com/text-to-speech/docs/reference/rest
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";
import { parseServiceAccount } from "./google_account.ts";
import { googleError } from "./google_error.ts";
import { createGoogleToken, type TokenStates } from "./google_token.ts";
import type { ProviderCall } from "./render.ts";

/** What the calls need. */
export interface GoogleTtsConfig {
  /** The service account's key file: its JSON, base64 of it, or a path to it. Secret. */
  readonly serviceAccountJson: string;
  /** Without a trailing slash; see {@link ttsBaseUrl}. */
  readonly baseUrl: string;
  /** The Google Cloud project that is billed. Absent: the service account's own. */
  readonly projectId?: string | undefined;
  /** One line a call. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: () => number;
  /** How long one answer may take; defaults to a minute. */
  readonly timeoutMs?: number;
  /** Where tokens are kept; default: with the adapter, and gone with it. */
  readonly tokens?: TokenStates;
}

/** What is called. */
export interface GoogleTtsCall extends ProviderCall {
  /** For messages and the log: `synthesize`. */
  readonly operation: string;
  /** With its query: `/v1/voices`. */
  readonly path: string;
  /** JSON. Absent: it is a GET. */
  readonly body?: string;
}

/** 5000 bytes are some six minutes of speech and take Google well under half a minute. */
const TIMEOUT_MS = 60_000;

/**
 * Gives the API's address for a location: the host alone picks the region.
 *
 * @param location `global`, a multi-region (`us`, `eu`) or a region such as `asia-northeast3`.
 */
export function ttsBaseUrl(location: string): string {
  if (!/^[a-z]+(-[a-z]+\d+)?$/.test(location)) {
    throw new AppError(
      "PROVIDER_NOT_CONFIGURED",
      `Cannot use GOOGLE_TTS_LOCATION "${location}": it is not global, us, eu or a region`,
    );
  }
  const prefix = location === "global" ? "" : `${location}-`;
  return `https://${prefix}texttospeech.googleapis.com`;
}

/**
 * Makes the caller, which gives the body of an answer that is 200. Errors at once: `PROVIDER_NOT_CONFIGURED`.
 * Errors of a call: those of `googleError`, `callProvider` and the token's.
 */
export function createGoogleTtsApi(
  config: GoogleTtsConfig,
): (call: GoogleTtsCall) => Promise<string> {
  const clock = config.now ? { now: config.now } : {};
  const door = config.fetch ? { fetch: config.fetch } : {};
  const tokens = createGoogleToken({
    account: parseServiceAccount(config.serviceAccountJson),
    log: config.log,
    ...(config.tokens ? { states: config.tokens } : {}),
    ...door,
    ...clock,
  });
  const send = async (token: string, { path, operation, body, signal }: GoogleTtsCall) =>
    await callProvider(`${config.baseUrl}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(config.projectId === undefined ? {} : { "x-goog-user-project": config.projectId }),
      },
      ...(body === undefined ? {} : { body }),
    }, {
      provider: "google_tts",
      operation,
      timeoutMs: config.timeoutMs ?? TIMEOUT_MS,
      log: config.log,
      signal,
      ...door,
    });
  return async (call) => {
    let token = await tokens.get();
    let answer = await send(token, call);
    // A token may be revoked before it expires: a refused one is replaced once.
    if (answer.status === 401) {
      tokens.forget(token);
      token = await tokens.get();
      answer = await send(token, call);
    }
    if (answer.status === 200) return answer.text;
    throw googleError(answer, {
      provider: "google_tts",
      operation: call.operation,
      secrets: [token],
      ...(config.now ? { now: config.now() } : {}),
    });
  };
}
