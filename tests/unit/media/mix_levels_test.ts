import assert from "node:assert/strict";
import fc from "fast-check";
import {
  blockPowers,
  createDucker,
  fadeAt,
  fromDb,
  limit,
  loudnessOf,
  PAUSE_DB,
  power,
  toDb,
} from "../../../supabase/functions/_shared/media/mix_levels.ts";

const STRETCH_SECONDS = 0.01;
const SPOKEN = fromDb(-20) ** 2;

/** Gains of so many seconds of a voice or of silence, one for each stretch. */
function follow(ducker: ReturnType<typeof createDucker>, voicePower: number, seconds: number) {
  return Array.from(
    { length: Math.round(seconds / STRETCH_SECONDS) },
    () => ducker.next(voicePower, STRETCH_SECONDS),
  );
}

Deno.test("limit() lets what is not too loud through as it is, and nothing reach full scale", () => {
  fc.assert(fc.property(fc.double({ min: -4, max: 4, noNaN: true }), (sample) => {
    const limited = limit(sample);
    assert.ok(Math.abs(limited) <= 1, `${sample} gives ${limited}`);
    assert.equal(Math.sign(limited), Math.sign(sample));
    if (Math.abs(sample) <= 0.85) assert.equal(limited, sample);
    else assert.ok(Math.abs(limited) < Math.abs(sample));
  }));
});

Deno.test("limit() keeps the order of samples: louder stays louder", () => {
  const limited = Array.from({ length: 101 }, (_, at) => limit(at / 50));
  for (const [at, value] of limited.entries()) {
    assert.ok(at === 0 || value >= (limited[at - 1] ?? 0), `at ${at}`);
  }
});

Deno.test("fromDb() and toDb() undo each other", () => {
  assert.equal(fromDb(0), 1);
  assert.ok(Math.abs(fromDb(-20) - 0.1) < 1e-12);
  for (const db of [-40, -18, -6, 0, 3]) assert.ok(Math.abs(toDb(fromDb(db)) - db) < 1e-9);
});

Deno.test("fadeAt() comes up in one second and goes down in two", () => {
  assert.deepEqual([0, 0.5, 1, 5, 8, 9, 10].map((at) => fadeAt(at, 10)), [0, 0.5, 1, 1, 1, 0.5, 0]);
});

Deno.test("fadeAt() stays between 0 and 1 in a film shorter than its fades, and after its end", () => {
  assert.deepEqual([0, 0.5, 1, 2].map((at) => fadeAt(at, 1)), [0, 0.25, 0, 0]);
});

Deno.test("loudnessOf() leaves pauses out", () => {
  const sampleRate = 8000;
  const samples = new Float32Array(4 * sampleRate);
  for (let at = 0; at < sampleRate; at++) samples[at] = 0.1 * Math.sqrt(2) * Math.sin(at);
  const found = loudnessOf(blockPowers(samples, sampleRate)) ?? 0;
  assert.ok(Math.abs(found + 20) < 0.1, `${found}`);
  assert.ok(toDb(Math.sqrt(power(samples, 0, samples.length))) < -25, "with them it is quieter");
});

Deno.test("loudnessOf() gives null for silence and for less than a room's noise", () => {
  assert.equal(loudnessOf([]), null);
  assert.equal(loudnessOf([0, 0]), null);
  assert.equal(loudnessOf([fromDb(-60) ** 2]), null);
});

Deno.test("createDucker() is down within a tenth of a second of a voice, and not before", () => {
  const ducker = createDucker();
  assert.ok(follow(ducker, 0, 1).every((gain) => gain === 0));
  const gains = follow(ducker, SPOKEN, 0.1);
  assert.ok((gains[0] ?? 0) < 0 && (gains[0] ?? 0) > -PAUSE_DB);
  assert.equal(gains.at(-1), -PAUSE_DB);
});

Deno.test("createDucker() stays down between two words, and comes up slowly in a pause", () => {
  const ducker = createDucker();
  follow(ducker, SPOKEN, 1);
  assert.ok(follow(ducker, 0, 0.4).every((gain) => gain === -PAUSE_DB));
  const pause = follow(ducker, 0, 1);
  assert.equal(pause.at(-1), 0);
  for (const [at, gain] of pause.entries()) {
    assert.ok(at === 0 || gain - (pause[at - 1] ?? 0) < 0.5, "no step that is heard");
  }
});
