/**
 * Sends one queued request and turns whatever comes of it into the columns of `net._http_response`.
 *
 * @module
 */

import { describe } from "./loop.ts";

/** A row of `net.http_request_queue`. */
export interface QueuedRequest {
  /** The id that the caller was given; text, as it is a bigint. */
  readonly id: string;
  /** GET, POST or DELETE, in any case. */
  readonly method: string;
  /** Absolute, with its query. */
  readonly url: string;
  /** Header names and values. May hold keys: never logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes to send, or null. */
  readonly body: Uint8Array<ArrayBuffer> | null;
  /** The whole exchange, body included, may take this long. */
  readonly timeout_milliseconds: number;
}

/** The columns of `net._http_response`. */
export interface RecordedResponse {
  /** HTTP status; null when there was no answer. */
  readonly status_code: number | null;
  /** The answer's Content-Type; null when it had none. */
  readonly content_type: string | null;
  /** The answer's headers; null when there was no answer. */
  readonly headers: Readonly<Record<string, string>> | null;
  /** The answer's body as text; null when it was empty. */
  readonly content: string | null;
  /** Whether the time was over. */
  readonly timed_out: boolean;
  /** Why there was no answer; null when there was one. */
  readonly error_msg: string | null;
}

/** Sends a request, once. Follows redirects, as pg_net does. Never rejects; the signal cuts it short. */
export async function sendRequest(
  request: QueuedRequest,
  signal: AbortSignal,
): Promise<RecordedResponse> {
  const started = performance.now();
  const timeout = AbortSignal.timeout(Math.max(0, request.timeout_milliseconds));
  try {
    const headers = new Headers(request.headers);
    if (!headers.has("user-agent")) headers.set("user-agent", "pg_net/0.20.4");
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      headers,
      body: request.body,
      signal: AbortSignal.any([timeout, signal]),
    });
    const text = await response.text();
    return {
      status_code: response.status,
      content_type: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      // Text ends at a zero byte, which PostgreSQL cannot store.
      content: text.split("\0")[0] || null,
      timed_out: false,
      error_msg: null,
    };
  } catch (cause) {
    const elapsed = (performance.now() - started).toFixed(3);
    const reason = timeout.aborted
      ? `Timeout of ${request.timeout_milliseconds} ms reached. Total time: ${elapsed} ms`
      : signal.aborted
      ? "The worker stopped before the answer came"
      : describe(cause);
    return {
      status_code: null,
      content_type: null,
      headers: null,
      content: null,
      timed_out: timeout.aborted,
      error_msg: reason,
    };
  }
}
