/**
 * fal's official client, with its retries held off and every call through our one door.
 *
 * The client posts a submit again after 429, 502, 503, 504 and network failures, and its `retry` setting
 * does not switch that off (each method brings its own; seen in 1.10.1). It goes by the kind of error, so a
 * `fetch` that turns all of those into errors of our own is called exactly once.
 *
 * @module
 */
import { createFalClient, type QueueClient } from "@fal-ai/client";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";

/** How fal's queue is reached. */
export interface FalConfig {
  /** `<key id>:<secret>`. Secret. */
  readonly apiKey: string;
  /** `https://queue.fal.run` or a simulator, without a trailing slash. */
  readonly queueUrl: string;
  /** Takes one line a call. */
  readonly log: Log;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/** An answer other than 2xx. */
export class FalRefusal extends Error {
  /** Tells this class in logs. */
  override readonly name = "FalRefusal";
  /** HTTP status. */
  readonly status: number;
  /** Of the answer. */
  readonly headers: Headers;
  /** The body as text: `{ detail }` when it is fal's own. */
  readonly text: string;

  /** Makes one from what came back. */
  constructor(answer: { status: number; headers: Headers; text: string }) {
    super(`fal answered HTTP status ${answer.status}`);
    this.status = answer.status;
    this.headers = answer.headers;
    this.text = answer.text;
  }
}

/**
 * A failure of `callProvider`. Not its `cause`: the client walks the chain of causes, and one with a code
 * such as `ECONNRESET` makes it post again.
 */
export class FalUnanswered extends Error {
  /** Tells this class in logs. */
  override readonly name = "FalUnanswered";
  /** What the network did. */
  readonly failure: AppError;

  /** Makes one from what came back. */
  constructor(failure: AppError) {
    super(failure.message);
    this.failure = failure;
  }
}

/** One call to make. */
export interface FalCall {
  /** Goes to the log: `submit`. */
  readonly operation: string;
  /** The call is abandoned after this. */
  readonly timeoutMs: number;
  /** Ends the call early. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes a queue client for one call. Its methods reject with {@link FalUnanswered},
 * {@link FalRefusal}, or `SyntaxError` for a 2xx that is not JSON.
 */
export function falQueue(config: FalConfig, call: FalCall): QueueClient {
  const { operation, timeoutMs, signal } = call;
  const callOnce = async (input: URL | RequestInfo, init: RequestInit = {}): Promise<Response> => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const answer = await callProvider(`${config.queueUrl}${pathname}${search}`, {
      ...init,
      // Following a redirect would take the key elsewhere, and could send a paid submit twice.
      redirect: "manual",
    }, {
      provider: "fal",
      operation,
      timeoutMs,
      signal,
      log: config.log,
      ...(config.fetch === undefined ? {} : { fetch: config.fetch }),
    }).catch((error) => {
      throw error instanceof AppError ? new FalUnanswered(error) : error;
    });
    if (answer.status < 200 || answer.status >= 300) throw new FalRefusal(answer);
    return new Response(answer.text, { headers: { "content-type": "application/json" } });
  };
  return createFalClient({
    credentials: config.apiKey,
    fetch: callOnce,
    suppressLocalCredentialsWarning: true,
  }).queue;
}
