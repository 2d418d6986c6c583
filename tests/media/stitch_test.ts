/**
 * The film cut over real sockets, at a size that shows whether the film is held in memory.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeClip } from "../fixtures/media/clip.ts";
import { makeTone } from "../fixtures/media/tone.ts";

const CHILD = fileURLToPath(new URL("stitch_child.ts", import.meta.url));
const CLIP_SECONDS = 4;
const SCENE_COUNT = 20;

/**
 * Serves a clip and a narration under any number of names, in parts too; counts what is sent to it.
 */
function createStorage(clip: Uint8Array<ArrayBuffer>, narration: Uint8Array<ArrayBuffer>) {
  let receivedBytes = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.body) {
      for await (const piece of request.body) receivedBytes += piece.byteLength;
      return new Response(null, { status: 204 });
    }
    const file = request.url.endsWith(".mp4") ? clip : narration;
    const range = request.headers.get("range")?.match(/^bytes=(\d+)-(\d+)$/);
    if (!range) return new Response(file);
    const [first, last] = [Number(range[1]), Math.min(Number(range[2]), file.byteLength - 1)];
    return new Response(file.subarray(first, last + 1), {
      status: 206,
      headers: { "content-range": `bytes ${first}-${last}/${file.byteLength}` },
    });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  return { server, origin, received: () => receivedBytes };
}

Deno.test("stitchFilm() holds one clip and no film when it cuts and uploads 150 MB", async () => {
  const clip = await makeClip({
    width: 320,
    height: 180,
    seconds: CLIP_SECONDS,
    kilobitsPerSecond: 8000,
  });
  const { server, origin, received } = createStorage(clip, await makeTone({ seconds: 3 }));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--v8-flags=--expose-gc",
      CHILD,
      origin,
      `${SCENE_COUNT}`,
    ],
  }).output();
  await server.shutdown();
  assert.equal(code, 0, new TextDecoder().decode(stderr));

  const report = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(report.status, 204);
  assert.equal(report.sizeBytes, received());
  assert.ok(report.sizeBytes > 150_000_000, `the film has ${report.sizeBytes} bytes`);
  assert.ok(Math.abs(report.durationSeconds - SCENE_COUNT * CLIP_SECONDS) < 0.1);
  // One clip, what is under way to and from the sockets, the list of packets, and memory that is
  // given up but not yet counted as such. A film that is held needs its whole size and more.
  const limitBytes = report.sizeBytes * 3 / 4;
  assert.ok(report.peakBytes < limitBytes, `${report.peakBytes} bytes were in use`);
});
