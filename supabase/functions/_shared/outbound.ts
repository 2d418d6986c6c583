/**
 * The one door to other people's servers: a deadline, an abort signal, one log line a call, and foreign
 * network failures turned into our codes. It never retries: who may retry is decided by the job engine.
 *
 * @module
 */
import { AppError } from "./app_error.ts";
import type { Log } from "./log.ts";
import { sendOnce } from "./send_once.ts";

/** A `fetch`, so that tests can observe or replace the network. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** How one call is made. */
export interface CallOptions {
  /** Who is called: `kie`, `fal`, `gemini`, `google_tts`. Goes to the log. */
  readonly provider: string;
  /** What is asked: `create_task`, `synthesize`. Goes to the log. */
  readonly operation: string;
  /** The whole call, body included, is abandoned after this. */
  readonly timeoutMs: number;
  /** Takes the call's line. */
  readonly log: Log;
  /** Default: the global one. */
  readonly fetch?: Fetch;
  /** Ends the call early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls a provider and gives its answer, whatever its HTTP status, with the body already read (text),
 * so that the deadline covers it. For large bodies use `media/download.ts`.
 *
 * Errors: `PROVIDER_TIMEOUT` when it took too long, `PROVIDER_UNAVAILABLE` for network failures.
 * `details.sent` is false only when the request surely never left (see {@link isNeverSent}).
 */
export async function callProvider(
  url: string | URL,
  init: RequestInit,
  options: CallOptions,
): Promise<{ status: number; headers: Headers; text: string }> {
  // Nothing that may cost money is sent twice behind our back.
  const call = init.method === "POST" ? sendOnce(options.fetch) : options.fetch ?? fetch;
  return await send({ url, init, call }, options, async (response) => ({
    status: response.status,
    headers: response.headers,
    text: await response.text(),
  }));
}

/** What {@link openProvider} gives: a body to be read as it comes, or a refusal whose text is read. */
export interface OpenedAnswer {
  /** HTTP status. */
  readonly status: number;
  /** As they came. */
  readonly headers: Headers;
  /** The whole body, unless the status is 200. */
  readonly text: string;
  /** The body of a 200. Null otherwise. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/**
 * Calls a provider that answers as a stream of events. A 200 is given as soon as its headers are there; deadline
 * and signal end its body too. Errors, until then, as for {@link callProvider}.
 */
export async function openProvider(
  url: string | URL,
  init: RequestInit,
  options: CallOptions,
): Promise<OpenedAnswer> {
  // A kept connection saves the first word a handshake. Should the runtime send a question twice, that is some
  // tokens, and no one's charge.
  const call = options.fetch ?? fetch;
  return await send({ url, init, call }, options, async (response) => {
    const { status, headers } = response;
    return status === 200
      ? { status, headers, text: "", body: response.body }
      : { status, headers, text: await response.text(), body: null };
  });
}

async function send<Answer>(
  { url, init, call }: {
    readonly url: string | URL;
    readonly init: RequestInit;
    readonly call: Fetch;
  },
  options: CallOptions,
  read: (response: Response) => Promise<Answer>,
): Promise<Answer> {
  const started = performance.now();
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  const line = (outcome: string, status?: number) =>
    options.log.info("outbound", {
      provider: options.provider,
      operation: options.operation,
      ms: Math.round(performance.now() - started),
      outcome,
      status,
    });
  try {
    const response = await call(url, { ...init, signal });
    const answer = await read(response);
    line("answered", response.status);
    return answer;
  } catch (cause) {
    if (timeout.aborted) {
      line("timeout");
      throw new AppError(
        "PROVIDER_TIMEOUT",
        `Cannot ${options.operation} at ${options.provider}: no answer in ${options.timeoutMs} ms`,
        { cause, details: { sent: true } },
      );
    }
    line(options.signal?.aborted ? "aborted" : "unreachable");
    throw new AppError(
      "PROVIDER_UNAVAILABLE",
      `Cannot ${options.operation} at ${options.provider}: the connection failed`,
      { cause, details: { sent: !isNeverSent(cause) } },
    );
  }
}

/**
 * Tells whether a failed `fetch` surely sent nothing. Deno gives no code for it, only the text
 * "client error (Connect)" (DNS, refused, TLS); anything else counts as possibly sent.
 */
export function isNeverSent(cause: unknown): boolean {
  for (let at: unknown = cause; at instanceof Error; at = at.cause) {
    if (at.message.includes("client error (Connect)")) return true;
  }
  return false;
}
