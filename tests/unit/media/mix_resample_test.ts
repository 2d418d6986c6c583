import assert from "node:assert/strict";
import { createResampler } from "../../../supabase/functions/_shared/media/mix_resample.ts";

function sine(hertz: number, sampleRate: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: Math.round(sampleRate * seconds) },
    (_, at) => 0.5 * Math.sin(2 * Math.PI * hertz * at / sampleRate),
  );
}

/** All that a resampler gives for samples that come in pieces of a length. */
function resample(samples: Float32Array, from: number, to: number, piece = 1000): number[] {
  const resampler = createResampler(from, to);
  const given: number[] = [];
  for (let at = 0; at < samples.length; at += piece) {
    given.push(...resampler.process(samples.subarray(at, at + piece)));
  }
  given.push(...resampler.flush());
  return given;
}

const RATES: readonly (readonly [number, number])[] = [
  [24_000, 44_100],
  [24_000, 48_000],
  [16_000, 44_100],
  [22_050, 44_100],
  [48_000, 44_100],
  [44_100, 44_100],
];

for (const [from, to] of RATES) {
  Deno.test(`createResampler() keeps a tone's time, pitch and level from ${from} to ${to} Hz`, () => {
    const given = resample(sine(440, from, 1), from, to);
    const expected = sine(440, to, 1);
    assert.ok(Math.abs(given.length - to) <= to / from + 1, `${given.length} samples`);
    // The first and last few milliseconds are cut off, not resampled.
    for (let at = 500; at < to - 500; at++) {
      assert.ok(Math.abs((given[at] ?? 0) - (expected[at] ?? 0)) < 0.002, `sample ${at}`);
    }
  });
}

Deno.test("createResampler() gives the same for pieces of any length", () => {
  const samples = sine(300, 24_000, 0.5);
  const whole = resample(samples, 24_000, 44_100, samples.length);
  for (const piece of [1, 7, 160, 4096]) {
    assert.deepEqual(resample(samples, 24_000, 44_100, piece), whole, `pieces of ${piece}`);
  }
});

Deno.test("createResampler() leaves out what the lower rate can't hold, instead of folding it down", () => {
  const given = resample(sine(20_000, 48_000, 0.5), 48_000, 32_000);
  const loudest = given.slice(300, -300).reduce(
    (most, value) => Math.max(most, Math.abs(value)),
    0,
  );
  assert.ok(loudest < 0.005, `${loudest}`);
});
