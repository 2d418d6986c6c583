import assert from "node:assert/strict";
import { dubFilm } from "../../../supabase/functions/_shared/media/stitch_dub.ts";
import { makeClip } from "../../fixtures/media/clip.ts";
import { createFileHost, FILE_ORIGIN } from "../../fixtures/media/file_host.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { makeTone } from "../../fixtures/media/tone.ts";
import { readTracks } from "../../fixtures/media/tracks.ts";

const CLIP = await makeClip({ seconds: 3 });
const VOICES = [await makeTone({ seconds: 0.4 }), await makeTone({ seconds: 0.7, hertz: 600 })];
const FRAME_SECONDS = 576 / 24_000;

function prepare(
  scenes: readonly (readonly [seconds: number, voice: number | null])[],
  clip = CLIP,
) {
  const files = new Map([["/film.mp4", clip]]);
  VOICES.forEach((voice, at) => files.set(`/${at}.mp3`, voice));
  return {
    url: `${FILE_ORIGIN}/film.mp4`,
    scenes: scenes.map(([durationSeconds, voice]) => ({
      durationSeconds,
      narrationUrl: voice === null ? null : `${FILE_ORIGIN}/${voice}.mp3`,
    })),
    maxBytes: 10_000_000,
    allowedOrigins: [FILE_ORIGIN],
    fetch: createFileHost(files).fetch,
  };
}

Deno.test("dubFilm() keeps every picture and begins each scene's speech where the scene was planned", async () => {
  const made = await dubFilm(prepare([[1.2, 0], [0.8, null], [1, 1]]));
  assert.equal(made.sound, "narration");
  assert.deepEqual(made.chapters.map(({ startSeconds }) => startSeconds), [0, 1.2, 2]);
  const film = new Uint8Array(await new Response(made.film).arrayBuffer());
  const [{ pictures, sound, seconds }, original] = [await readTracks(film), await readTracks(CLIP)];
  assert.deepEqual(pictures.map(({ data }) => data), original.pictures.map(({ data }) => data));
  assert.ok(Math.abs(seconds - 3) < 0.03, `${seconds} s`);
  for (const [voice, start] of [0, 2].entries()) {
    const [first] = (await readTracks(VOICES[voice] ?? CLIP)).sound;
    const heard = sound.find(({ data }) => data.join() === first?.data.join());
    assert.ok(Math.abs((heard?.timestamp ?? NaN) - start) <= FRAME_SECONDS / 2 + 1e-4);
  }
});

Deno.test("dubFilm() ends the last scene with the pictures when they are a little shorter than planned", async () => {
  const { chapters, durationSeconds } = await dubFilm(prepare([[1.5, 0], [1.9, 1]]));
  assert.equal(durationSeconds, 3);
  assert.equal(chapters[1]?.durationSeconds, 1.5);
});

Deno.test("dubFilm() refuses a film that is not as long as its scenes", async () => {
  for (const seconds of [0.9, 3.1]) {
    await assertFails(() => dubFilm(prepare([[1, 0], [seconds, 1]])), {
      code: "RESULT_INVALID",
      reason: "duration",
    });
  }
});

Deno.test("dubFilm() refuses a file that is no film", async () => {
  await assertFails(() => dubFilm(prepare([[3, 0]], VOICES[0])), {
    code: "RESULT_INVALID",
    reason: "unreadable",
  });
});
