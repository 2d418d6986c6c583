import assert from "node:assert/strict";
import fc from "fast-check";
import { pollDelaySeconds } from "../../../supabase/functions/_shared/jobs/poll_pace.ts";

const middle = () => 0.5;

Deno.test("pollDelaySeconds() looks first at the typical time, then after a tenth of the age", () => {
  const delays = ([[0, 20], [5, 20], [20, 20], [100, 20], [1000, 20]] as const).map((
    [ageSeconds, typicalSeconds],
  ) => pollDelaySeconds({ provider: "kie", ageSeconds, typicalSeconds }, middle));
  assert.deepEqual(delays, [20, 15, 2, 10, 30]);
});

Deno.test("pollDelaySeconds() looks at a picture that is late every one to two seconds", () => {
  for (const ageSeconds of [3, 5, 12]) {
    for (const at of [0, 0.999]) {
      const pace = { provider: "fal", ageSeconds, typicalSeconds: 3 };
      const delay = pollDelaySeconds(pace, () => at);
      assert.ok(delay >= 1 && delay <= 2, `${delay}`);
    }
  }
});

const seconds = fc.double({ min: 0, max: 100_000, noNaN: true });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

for (const [provider, floor] of [["fal", 1], ["kie", 1], ["runway", 5]] as const) {
  Deno.test(`pollDelaySeconds() asks ${provider} every ${floor} to 36 s, whatever it is`, () => {
    fc.assert(fc.property(seconds, seconds, random, (ageSeconds, typicalSeconds, at) => {
      const delay = pollDelaySeconds({ provider, ageSeconds, typicalSeconds }, () => at);
      assert.ok(delay >= floor && delay <= 36, `${delay}`);
    }));
  });
}

Deno.test("pollDelaySeconds() does not look at clips that started together all together", () => {
  const pace = { provider: "kie", ageSeconds: 0, typicalSeconds: 20 };
  const delays = new Set(Array.from({ length: 50 }, () => pollDelaySeconds(pace)));
  assert.ok(delays.size > 40);
});
