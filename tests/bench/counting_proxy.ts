/**
 * A proxy in front of the gateway that writes down every request: what a function really calls.
 *
 * @module
 */

/** A request that went through. */
export interface SeenCall {
  /** Such as `/rest/v1/rpc/create_jobs`. */
  readonly path: string;
  /** By `performance.now()`, when it was answered; `Infinity` until then. */
  readonly answeredMs: number;
}

/** A running proxy. */
export interface CountingProxy {
  /** Without a trailing slash. */
  readonly url: string;
  /** All since the start, in the order they came. */
  readonly calls: readonly SeenCall[];
  /** Closes the port. */
  stop(): Promise<void>;
}

/** Starts one on a free port. */
export function startCountingProxy(target: string): CountingProxy {
  const calls: { path: string; answeredMs: number }[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const call = { path: pathname, answeredMs: Infinity };
      calls.push(call);
      const headers = new Headers(request.headers);
      headers.delete("host");
      const response = await fetch(`${target}${pathname}${search}`, {
        method: request.method,
        headers,
        body: request.body,
        redirect: "manual",
      });
      // Whole, so that the time is that of the whole answer.
      const body = await response.arrayBuffer();
      call.answeredMs = performance.now();
      // A 204 may have no body, not even an empty one.
      return new Response(body.byteLength === 0 ? null : body, {
        status: response.status,
        headers: response.headers,
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls,
    stop: () => server.shutdown(),
  };
}
