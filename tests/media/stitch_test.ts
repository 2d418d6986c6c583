/**
 * The film cut over real sockets and at a size that shows whether the film is held in memory.
 */
import assert from "node:assert/strict";
import { stitchFilm } from "../../supabase/functions/_shared/media/stitch.ts";
import { makeClip } from "../fixtures/media/clip.ts";
import { makeTone } from "../fixtures/media/tone.ts";

/** What an Edge Function may use, everything included. */
const MEMORY_LIMIT_BYTES = 150_000_000;

/** Serves a clip and a narration under any number of names, in parts too; counts what is sent to it. */
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

Deno.test("stitchFilm() cuts a film larger than the memory limit within it", async () => {
  const seconds = 4;
  const clip = await makeClip({ width: 320, height: 180, seconds, kilobitsPerSecond: 8000 });
  const storage = createStorage(clip, await makeTone({ seconds: 3 }));
  const sceneCount = Math.ceil(MEMORY_LIMIT_BYTES * 1.2 / clip.byteLength);

  let peakBytes = 0;
  const sample = setInterval(() => {
    const { heapUsed, external } = Deno.memoryUsage();
    peakBytes = Math.max(peakBytes, heapUsed + external);
  }, 5);
  const { film, sizeBytes, durationSeconds } = await stitchFilm({
    clips: Array.from({ length: sceneCount }, (_, scene) => ({
      url: `${storage.origin}/${scene}.mp4`,
      narrationUrl: `${storage.origin}/${scene}.mp3`,
    })),
    maxBytes: 2 ** 31,
    allowedOrigins: [storage.origin],
  });
  const answer = await fetch(`${storage.origin}/film`, { method: "POST", body: film });
  clearInterval(sample);
  await storage.server.shutdown();

  assert.equal(answer.status, 204);
  assert.equal(storage.received(), sizeBytes);
  assert.ok(sizeBytes > MEMORY_LIMIT_BYTES, `the film has ${sizeBytes} bytes`);
  assert.ok(Math.abs(durationSeconds - sceneCount * seconds) < 0.1);
  assert.ok(peakBytes < MEMORY_LIMIT_BYTES, `${peakBytes} bytes were in use`);
});
