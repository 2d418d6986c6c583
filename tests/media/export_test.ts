/**
 * An export over real sockets, at a size that shows whether it is held in memory.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeClip } from "../fixtures/media/clip.ts";

const CHILD = fileURLToPath(new URL("export_child.ts", import.meta.url));
const PIECE = new Uint8Array(65536).fill(7);
const PIECES = 800;
const CLIP_BYTES = PIECES * PIECE.byteLength;
const CLIP_COUNT = 10;

/** Sends clips of 52 MB that exist nowhere, and one small film; counts what is sent to it. */
function createStorage(film: Uint8Array<ArrayBuffer>) {
  let receivedBytes = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.body) {
      for await (const piece of request.body) receivedBytes += piece.byteLength;
      return new Response(null, { status: 204 });
    }
    const isFilm = request.url.endsWith("/film.mp4");
    const size = isFilm ? film.byteLength : CLIP_BYTES;
    const range = request.headers.get("range")?.match(/^bytes=(\d+)-(\d+)$/);
    if (range) {
      const [first, last] = [Number(range[1]), Math.min(Number(range[2]), size - 1)];
      return new Response(isFilm ? film.subarray(first, last + 1) : PIECE.subarray(0, 1), {
        status: 206,
        headers: { "content-range": `bytes ${first}-${last}/${size}` },
      });
    }
    if (isFilm) return new Response(film);
    let left = PIECES;
    const body = new ReadableStream({
      pull: (controller) => left-- > 0 ? controller.enqueue(PIECE.slice()) : controller.close(),
    });
    return new Response(body, { headers: { "content-length": `${CLIP_BYTES}` } });
  });
  return { server, origin: `http://127.0.0.1:${server.addr.port}`, received: () => receivedBytes };
}

Deno.test("exportProject() holds a piece of one file when it sends 500 MB", async () => {
  const { server, origin, received } = createStorage(await makeClip());
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--v8-flags=--expose-gc",
      CHILD,
      origin,
      `${CLIP_COUNT}`,
    ],
  }).output();
  await server.shutdown();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const report = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(report.status, 204);
  assert.ok(report.mediaBytes > 500_000_000, `${report.mediaBytes} bytes of media`);
  assert.ok(received() > report.mediaBytes && received() < report.mediaBytes + 50_000);
  // A piece of a file, the program, and what sockets hold: one clip alone would be 52 MB.
  assert.ok(report.peakBytes < CLIP_BYTES, `${report.peakBytes} bytes were in use`);
});
