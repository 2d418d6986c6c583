/**
 * A GET of a media URL that somebody else chose: every hop is checked before it is followed, the
 * whole transfer has a deadline, and a silent server is given up on.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Fetch } from "../outbound.ts";
import { assertPublicUrl, type ResolveHost } from "./public_url_guard.ts";

/** How one file is fetched. */
export interface MediaFetchOptions {
  /** The whole transfer, body included, is abandoned after this. */
  readonly timeoutMs: number;
  /**
   * Given up on when nothing arrives for so long. Default 15,000: CDNs answer or stall, nothing
   * between.
   */
  readonly idleTimeoutMs?: number;
  /**
   * Origins that are fetched without the check for public addresses: those we configured ourselves,
   * such as the providers' simulators on loopback. They do not extend to a redirect from anywhere
   * else.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * First and last byte wanted; servers may send the whole file all the same (200 instead of 206).
   */
  readonly range?: { readonly first: number; readonly last: number };
  /** Defaults to the global one. */
  readonly fetch?: Fetch;
  /** Defaults to the system's resolver. */
  readonly resolve?: ResolveHost;
  /** Ends the transfer. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An answer whose body is read piece by piece. Read it to its end, or cancel it: after a failure
 * too.
 */
export interface MediaResponse {
  /** 206 when only the wanted range follows. */
  readonly status: 200 | 206;
  /** Claims of the server, not facts. */
  readonly headers: Headers;
  /** Gives the next piece, or null at the end. Throws as {@link fetchMedia} does. */
  read(): Promise<Uint8Array | null>;
  /** Ends the transfer. Safe to repeat. */
  cancel(): Promise<void>;
}

const IDLE_TIMEOUT_MS = 15_000;

/** One for the provider's link, one for its CDN, one to spare. */
const MAX_REDIRECTS = 3;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What storage servers answer once a signed or temporary URL has run out. */
const EXPIRED = new Set([401, 403, 404, 410]);

/** Statuses below 500 that say "later". */
const BUSY = new Set([408, 425, 429]);

/**
 * Fetches a media URL without credentials, cookies or a referrer.
 *
 * Errors: `RESULT_INVALID` with `details.reason` (`expired`, `refused`, `too_many_redirects`, or a
 * reason of `assertPublicUrl`); `PROVIDER_UNAVAILABLE` for server errors, network failures and a
 * caller's abort; `PROVIDER_TIMEOUT` past either limit.
 */
export async function fetchMedia(url: string, options: MediaFetchOptions): Promise<MediaResponse> {
  const watch = createWatch(options);
  try {
    const response = await watch.race(() => follow(url, options, watch.signal));
    const reader = response.body?.getReader();
    return {
      status: response.status === 206 ? 206 : 200,
      headers: response.headers,
      read: async () => {
        const piece = await watch.race(async () => await reader?.read());
        if (piece !== undefined && !piece.done) return piece.value;
        watch.end();
        return null;
      },
      cancel: async () => {
        watch.end();
        await reader?.cancel().catch(() => {});
      },
    };
  } catch (cause) {
    watch.end();
    throw cause;
  }
}

async function follow(
  start: string,
  options: MediaFetchOptions,
  signal: AbortSignal,
): Promise<Response> {
  const { allowedOrigins = [], fetch: send = fetch, range } = options;
  const headers = new Headers({ "accept-encoding": "identity" });
  if (range) headers.set("range", `bytes=${range.first}-${range.last}`);

  let target = start;
  let isTrusted = true;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    isTrusted &&= isAllowed(target, allowedOrigins);
    const url = isTrusted ? new URL(target) : await checkPublic(target, options);
    const response = await send(url, { headers, redirect: "manual", signal });
    if (response.status === 200 || response.status === 206) return response;
    // Left unread, a body keeps its connection.
    await response.body?.cancel().catch(() => {});
    const location = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || location === null) throw failedStatus(url, response);
    target = URL.canParse(location, url) ? new URL(location, url).href : location;
  }
  throw new AppError(
    "RESULT_INVALID",
    `Cannot download the file: more than ${MAX_REDIRECTS} redirects`,
    { details: { reason: "too_many_redirects" } },
  );
}

function isAllowed(url: string, origins: readonly string[]): boolean {
  return URL.canParse(url) && origins.includes(new URL(url).origin);
}

async function checkPublic(url: string, { resolve }: MediaFetchOptions): Promise<URL> {
  try {
    return await assertPublicUrl(url, resolve ? { resolve } : {});
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== "VALIDATION_FAILED") throw cause;
    throw new AppError("RESULT_INVALID", cause.message, { cause, details: cause.details });
  }
}

function failedStatus(url: URL, { status, headers }: Response): AppError {
  const retryAfterSeconds = Number(headers.get("retry-after") ?? NaN);
  const message = `Cannot download the file from "${url.host}": the answer is ${status}`;
  if (status >= 500 || BUSY.has(status)) {
    return new AppError("PROVIDER_UNAVAILABLE", message, {
      ...(retryAfterSeconds >= 0 ? { retryAfterSeconds } : {}),
    });
  }
  const reason = EXPIRED.has(status) ? "expired" : "refused";
  return new AppError("RESULT_INVALID", message, { details: { reason, status } });
}

/**
 * The two time limits and the caller's abort, as one signal, and the failure each of them means.
 */
function createWatch({ timeoutMs, idleTimeoutMs = IDLE_TIMEOUT_MS, signal }: MediaFetchOptions) {
  const controller = new AbortController();
  let failure: AppError | undefined;
  const stop = (error: AppError) => {
    failure ??= error;
    controller.abort(error);
  };
  const timeout = (what: string) =>
    new AppError("PROVIDER_TIMEOUT", `Cannot download the file: ${what}`);
  const onAbort = () =>
    stop(
      new AppError("PROVIDER_UNAVAILABLE", "Cannot download the file: stopped by the caller", {
        cause: signal?.reason,
      }),
    );
  const total = setTimeout(() => stop(timeout(`not done in ${timeoutMs} ms`)), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  return {
    signal: controller.signal,
    end() {
      clearTimeout(total);
      signal?.removeEventListener("abort", onAbort);
    },
    /** Runs one step of the transfer under all limits and turns its failure into ours. */
    async race<T>(step: () => Promise<T>): Promise<T> {
      if (failure) throw failure;
      const idle = setTimeout(
        () => stop(timeout(`nothing arrived for ${idleTimeoutMs} ms`)),
        idleTimeoutMs,
      );
      // A fetch that ignores its signal must not outlive the limits either.
      let onStop = () => {};
      const stopped = new Promise<never>((_resolve, reject) => {
        onStop = () => reject(controller.signal.reason);
        controller.signal.addEventListener("abort", onStop, { once: true });
        if (controller.signal.aborted) onStop();
      });
      try {
        return await Promise.race([stopped, step()]);
      } catch (cause) {
        if (failure) throw failure;
        if (cause instanceof AppError) throw cause;
        throw new AppError("PROVIDER_UNAVAILABLE", "Cannot download the file: connection failed", {
          cause,
        });
      } finally {
        clearTimeout(idle);
        controller.signal.removeEventListener("abort", onStop);
      }
    },
  };
}
