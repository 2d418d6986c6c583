/**
 * An HTTP server for web-standard handlers that can also hang up without an answer, which `Deno.serve`
 * cannot: a dropped connection is the fault that matters most to whoever pays for a create.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isHangUp } from "./faults.ts";

/** Larger than any picture a provider takes; a body beyond it ends the connection. */
const MAX_BODY_BYTES = 30_000_000;

/** A listening server. */
export interface HttpListener {
  /** The port it listens on. */
  readonly port: number;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/**
 * Listens. `handle` gets each request with its body read and with a signal that is aborted when the
 * caller hangs up. Rejects when the port is taken; port 0 takes a free one.
 */
export async function listenHttp(options: {
  readonly host: string;
  readonly port: number;
  handle(request: Request): Promise<Response>;
}): Promise<HttpListener> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing, options.handle).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("Cannot listen: the server has no port");
  }
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: Request) => Promise<Response>,
): Promise<void> {
  const hungUp = new AbortController();
  const closed = new Promise<void>((resolve) => {
    outgoing.on("close", () => {
      hungUp.abort();
      resolve();
    });
  });
  const body = await readBody(incoming);
  const method = incoming.method ?? "GET";
  const hasBody = method !== "GET" && method !== "HEAD" && body.length > 0;
  const request = new Request(
    `http://${incoming.headers.host ?? "localhost"}${incoming.url ?? "/"}`,
    {
      method,
      headers: Object.entries(incoming.headers).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value ?? ""]).map((one): [string, string] => [name, one])
      ),
      signal: hungUp.signal,
      ...(hasBody ? { body } : {}),
    },
  );
  const response = await handle(request);
  if (isHangUp(response)) {
    incoming.socket.destroy();
    return;
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  for await (const piece of response.body ?? []) {
    // Until it has left: a cut that follows must not take it back.
    await Promise.race([new Promise((resolve) => outgoing.write(piece, resolve)), closed]);
    if (hungUp.signal.aborted) return;
  }
  outgoing.end();
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  for await (const piece of incoming) {
    const bytes = new Uint8Array(piece);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) {
      throw new RangeError("Cannot take the request: it is too large");
    }
    pieces.push(bytes);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
