/**
 * Runway's official client, with its retries off and every call through our one door.
 *
 * The client posts a create again after 408, 409, 429, 5xx and network failures, which may be a second paid
 * task; `maxRetries: 0` does hold that off (seen in 4.20.1: one request on 503 and on a dropped socket).
 *
 * @module
 */
import RunwayML, { APIError } from "@runwayml/sdk";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";

/** How Runway is reached. */
export interface RunwayConfig {
  /** Bearer key. Secret. */
  readonly apiKey: string;
  /** `https://api.dev.runwayml.com` or a simulator, without a trailing slash. */
  readonly baseUrl: string;
  /** Takes one line a call. */
  readonly log: Log;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
}

/** One call to make. */
export interface RunwayCall {
  /** Goes to the log: `image_to_video`. */
  readonly operation: string;
  /** The call is abandoned after this. */
  readonly timeoutMs: number;
  /** Ends the call early. */
  readonly signal: AbortSignal | undefined;
}

/** An answer other than 2xx. */
export class RunwayRefusal extends Error {
  /** Tells this class in logs. */
  override readonly name = "RunwayRefusal";
  /** HTTP status. */
  readonly status: number;
  /** Of the answer. */
  readonly headers: Headers;
  /** The body when it was JSON, else undefined: `{ error, issues? }` when it is Runway's own. */
  readonly body: unknown;

  /** Makes one from what came back. */
  constructor(answer: { status: number; headers: Headers; body: unknown }) {
    super(`Runway answered HTTP status ${answer.status}`);
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = answer.body;
  }
}

/**
 * Makes one call with the client. Rejects with {@link RunwayRefusal}, with what `callProvider` rejects with,
 * or with `SyntaxError` for a 2xx that is not JSON.
 *
 * ```ts
 * const task = await askRunway(config, call, (client) => client.tasks.retrieve(id));
 * ```
 */
export async function askRunway<Answer>(
  config: RunwayConfig,
  call: RunwayCall,
  ask: (client: RunwayML) => Promise<Answer>,
): Promise<Answer> {
  // The client wraps what its fetch rejects with, and drops it when the words look like a time-out.
  let failure: unknown;
  const client = new RunwayML({
    apiKey: config.apiKey,
    baseURL: config.baseUrl,
    maxRetries: 0,
    // callProvider keeps the deadline, and writes the line.
    timeout: call.timeoutMs * 2,
    logLevel: "off",
    fetch: async (input, init = {}) => {
      try {
        return await callOnce(config, call, {
          url: input instanceof Request ? input.url : String(input),
          init,
        });
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  });
  try {
    return await ask(client);
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (error instanceof APIError && error.status !== undefined) {
      const { status, error: body, headers = new Headers() } = error;
      throw new RunwayRefusal({ status, headers, body });
    }
    throw error;
  }
}

async function callOnce(
  config: RunwayConfig,
  { operation, timeoutMs, signal }: RunwayCall,
  { url, init }: { readonly url: string; readonly init: RequestInit },
): Promise<Response> {
  const { status, headers, text } = await callProvider(url, {
    ...init,
    // Following a redirect would take the key elsewhere, and could send a paid create twice.
    redirect: "manual",
  }, {
    provider: "runway",
    operation,
    timeoutMs,
    signal,
    log: config.log,
    ...(config.fetch === undefined ? {} : { fetch: config.fetch }),
  });
  if (status < 200 || status > 599) {
    throw new AppError(
      "PROVIDER_BAD_RESPONSE",
      `Cannot ${operation} at runway: HTTP status ${status}`,
    );
  }
  const retryAfter = headers.get("retry-after");
  return new Response(status === 204 || status === 304 ? null : text, {
    status,
    headers: {
      // The client takes anything else for text, and a body that is not JSON must be an error.
      "content-type": "application/json",
      ...(retryAfter === null ? {} : { "retry-after": retryAfter }),
    },
  });
}
