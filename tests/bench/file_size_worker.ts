/**
 * The thread of `file_size_host.ts`: told where the simulators are, it says where it listens.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";

parentPort?.on("message", (target: string) => parentPort?.postMessage(serve(target)));

function serve(target: string): string {
  let extra = new Uint8Array();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const url = `http://127.0.0.1:${server.addr.port}`;

  async function answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/extra_bytes") {
      extra = freeBox(Number(await request.text()));
      return new Response();
    }
    const headers = new Headers(request.headers);
    headers.delete("host");
    const response = await fetch(`${target}${pathname}${search}`, {
      method: request.method,
      headers,
      body: request.body,
    });
    const sent = new Headers(response.headers);
    sent.delete("content-length");
    if (pathname.startsWith("/media/") && response.ok) {
      const file = new Uint8Array(await response.arrayBuffer());
      const larger = new Uint8Array(file.length + extra.length);
      larger.set(file);
      larger.set(extra, file.length);
      return new Response(larger, { status: response.status, headers: sent });
    }
    // Results are fetched from here too.
    const text = (await response.text()).replaceAll(target, url);
    return new Response(text, { status: response.status, headers: sent });
  }
  return url;
}

function freeBox(size: number): Uint8Array<ArrayBuffer> {
  const box = new Uint8Array(size);
  if (size === 0) return box;
  new DataView(box.buffer).setUint32(0, size);
  box.set(new TextEncoder().encode("free"), 4);
  return box;
}
