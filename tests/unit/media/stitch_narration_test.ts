import assert from "node:assert/strict";
import fc from "fast-check";
import {
  layNarration,
  type Narration,
  readNarration,
  silentFrame,
} from "../../../supabase/functions/_shared/media/stitch_narration.ts";
import { assertFails } from "../../fixtures/media/reasons.ts";
import { makeTone, type ToneOptions } from "../../fixtures/media/tone.ts";

Deno.test("readNarration() gives every frame and its length when it reads an mp3", async () => {
  const { config, frameSeconds, frames } = await readNarration(await makeTone({ seconds: 1 }));
  assert.equal(config.sampleRate, 24_000);
  assert.equal(config.numberOfChannels, 1);
  assert.equal(frameSeconds, 576 / 24_000);
  const seconds = frames.length * frameSeconds;
  assert.ok(seconds >= 1 && seconds < 1.1, `${seconds} s`);
});

Deno.test("readNarration() fails as unreadable when the file is no mp3", async () => {
  const cut = (await makeTone()).slice(0, 40);
  for (const file of [new Uint8Array(0), new Uint8Array(1000), cut]) {
    await assertFails(() => readNarration(file), { code: "RESULT_INVALID", reason: "unreadable" });
  }
});

const RATES = [16000, 22050, 24000, 44100, 48000] as const;
const FORMATS: readonly ToneOptions[] = RATES.flatMap((sampleRate) =>
  ([1, 2] as const).map((channels) => ({ sampleRate, channels }))
);

for (const format of FORMATS) {
  const name = `${format.sampleRate} Hz, ${format.channels} channels`;
  Deno.test(`silentFrame() is one frame of the same kind when the speech has ${name}`, async () => {
    const tone = await readNarration(await makeTone({ ...format, seconds: 0.2 }));
    assert.equal(tone.config.sampleRate, format.sampleRate);
    assert.equal(tone.config.numberOfChannels, format.channels);
    const [first] = tone.frames;
    assert.ok(first);
    const silence = silentFrame(first);
    const row = new Uint8Array(silence.byteLength * 5);
    for (let at = 0; at < row.byteLength; at += silence.byteLength) row.set(silence, at);
    const read = await readNarration(row);
    assert.deepEqual(read.config, tone.config);
    assert.equal(read.frameSeconds, tone.frameSeconds);
    assert.deepEqual(read.frames, Array(5).fill(silence));
    // Nothing but the header: no data, and none borrowed.
    assert.equal(silence.subarray(4).every((byte) => byte === 0), true);
  });
}

Deno.test("silentFrame() has no checksum although the speech has", () => {
  const protectedFrame = Uint8Array.of(0xff, 0xf2, 0x84, 0xc4);
  assert.deepEqual(silentFrame(protectedFrame).slice(0, 4), Uint8Array.of(0xff, 0xf3, 0x14, 0xc0));
});

const FRAME_SECONDS = 0.024;

function speech(frameCount: number): Narration {
  const frames = Array.from({ length: frameCount }, () => Uint8Array.of(0xff, 0xf3, 0x84, 0xc4, 1));
  const config = { codec: "mp3", sampleRate: 24_000, numberOfChannels: 1 };
  return { config, frameSeconds: FRAME_SECONDS, frames };
}

Deno.test("layNarration() gives nothing when nothing is said in any scene", () => {
  assert.deepEqual(layNarration([{ startSeconds: 0, durationSeconds: 5, narration: null }]), []);
});

Deno.test("layNarration() fills up with silence, and cuts what is longer than the scene", () => {
  const rows = layNarration([
    { startSeconds: 0, durationSeconds: 2.4, narration: speech(40) },
    { startSeconds: 2.4, durationSeconds: 2.4, narration: null },
    { startSeconds: 4.8, durationSeconds: 2.4, narration: speech(130) },
  ]);
  const said = rows.map((row) => row.frames.filter((frame) => frame.byteLength === 5).length);
  assert.deepEqual(said, [40, 0, 100]);
  assert.deepEqual(rows.map((row) => row.frames.length), [100, 100, 100]);
  assert.deepEqual(rows.map((row) => row.cutSeconds.toFixed(3)), ["0.000", "0.000", "0.720"]);
  assert.deepEqual(rows.map((row) => row.saidSeconds.toFixed(3)), ["0.960", "0.000", "2.400"]);
});

Deno.test("layNarration() lets speech go on over the scenes that continue it, and begin anew after them", () => {
  const rows = layNarration([
    { startSeconds: 0, durationSeconds: 2.4, narration: speech(130) },
    { startSeconds: 2.4, durationSeconds: 0.48, narration: null, isContinued: true },
    { startSeconds: 2.88, durationSeconds: 2.4, narration: null, isContinued: false },
    { startSeconds: 5.28, durationSeconds: 0.24, narration: speech(30) },
    { startSeconds: 5.52, durationSeconds: 0.24, narration: null, isContinued: true },
  ]);
  const said = rows.map((row) => row.frames.filter((frame) => frame.byteLength === 5).length);
  assert.deepEqual(said, [100, 20, 0, 10, 10]);
  // What is left out is told where its scene ends.
  const cut = rows.map((row) => Math.round(row.cutSeconds / FRAME_SECONDS));
  assert.deepEqual(cut, [0, 10, 0, 0, 10]);
});

Deno.test("layNarration() leaves no hole, and no scene early or late by more than half a frame", () => {
  const scene = fc.record({
    durationSeconds: fc.double({ min: 0.04, max: 12, noNaN: true }),
    frames: fc.option(fc.integer({ min: 1, max: 400 })),
  });
  fc.assert(fc.property(fc.array(scene, { minLength: 1, maxLength: 40 }), (scenes) => {
    let startSeconds = 0;
    const places = scenes.map(({ durationSeconds, frames }) => {
      const place = { startSeconds, durationSeconds, narration: frames ? speech(frames) : null };
      startSeconds += durationSeconds;
      return place;
    });
    let next = 0;
    for (const [index, row] of layNarration(places).entries()) {
      const place = places[index];
      assert.equal(row.firstFrame, next);
      assert.ok(place);
      const late = Math.abs(row.firstFrame * FRAME_SECONDS - place.startSeconds);
      assert.ok(late <= FRAME_SECONDS / 2 + 1e-9, `${late} s`);
      next += row.frames.length;
    }
  }));
});
