/**
 * What the simulated second cutter makes, by the real ffmpeg it uses.
 */
import assert from "node:assert/strict";
import { joinInWorker } from "../../supabase/local/providers/join_pool.ts";
import { stitchFilm } from "../../supabase/functions/_shared/media/stitch.ts";
import { makeClip } from "../fixtures/media/clip.ts";
import { createFileHost, FILE_ORIGIN } from "../fixtures/media/file_host.ts";
import { assertFails } from "../fixtures/media/reasons.ts";
import { readTracks } from "../fixtures/media/tracks.ts";

const SIGNAL = new AbortController().signal;

const CLIPS = await Promise.all([
  makeClip({ width: 320, height: 180, framesPerSecond: 24, seconds: 1 }),
  makeClip({ width: 180, height: 320, framesPerSecond: 30, seconds: 1.5 }),
]);

Deno.test("joinClips() makes one film, at the first clip's size, of clips that the packet copy refuses", async () => {
  const files = new Map(CLIPS.map((clip, at) => [`/${at}.mp4`, clip]));
  const copying = stitchFilm({
    clips: [...files.keys()].map((path) => ({ url: `${FILE_ORIGIN}${path}`, narrationUrl: null })),
    maxBytes: 10_000_000,
    allowedOrigins: [FILE_ORIGIN],
    fetch: createFileHost(files).fetch,
  });
  await assertFails(() => copying, { code: "STATE_CONFLICT", reason: "not_copyable" });

  const { bytes } = await joinInWorker({ clips: CLIPS }, SIGNAL);
  const { pictures, sound, seconds } = await readTracks(bytes);
  assert.ok(Math.abs(seconds - 2.5) < 0.05, `${seconds} s`);
  assert.equal(pictures.length, 60, "at the lower rate");
  assert.equal(sound.length, 0);
  assert.equal(pictures[0]?.type, "key");
});

Deno.test("joinClips() says what ffmpeg says of a file that is no clip", async () => {
  const [clip] = CLIPS;
  assert.ok(clip);
  const broken = new Uint8Array(clip.length).fill(7);
  await assert.rejects(joinInWorker({ clips: [clip, broken] }, SIGNAL), Error);
  assert.ok((await joinInWorker({ clips: [clip, clip] }, SIGNAL)).bytes.length > 0, "the next one");
});
