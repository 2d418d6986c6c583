/**
 * A `fetch` that puts a request on the wire at most once.
 *
 * Deno's own does not: when a kept-alive connection is closed before an answer, it sends the request, a
 * POST with its whole body too, again on a new connection and says nothing (seen in 2.9.6, not in 2.1.4).
 * For a paid create that is the second bill nobody knows of.
 *
 * @module
 */
import type { Fetch } from "./outbound.ts";

/**
 * Gives a `fetch` for submits. It takes a new connection for each request, which is the case in which
 * nothing is sent again; that costs one TLS handshake. Where the runtime has no such setting the body
 * goes out as a stream, which can't be sent twice either.
 *
 * `inner` is what is called in the end; default the global `fetch`.
 */
export function sendOnce(inner: Fetch = fetch): Fetch {
  return (input, init = {}) => {
    if (typeof Deno.createHttpClient === "function") {
      unpooled ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      const once: RequestInit & { client: Deno.HttpClient } = { ...init, client: unpooled };
      return inner(input, once);
    }
    const { body } = init;
    return inner(
      input,
      typeof body === "string" ? { ...init, body: new Blob([body]).stream() } : init,
    );
  };
}

/** One for the isolate: making one reads the root certificates. */
let unpooled: Deno.HttpClient | undefined;
