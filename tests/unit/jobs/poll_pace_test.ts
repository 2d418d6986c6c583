import assert from "node:assert/strict";
import fc from "fast-check";
import { pollDelaySeconds } from "../../../supabase/functions/_shared/jobs/poll_pace.ts";

const middle = () => 0.5;

Deno.test("pollDelaySeconds() looks first at the typical time, then after a tenth of the age", () => {
  const delays = ([[0, 20], [5, 20], [20, 20], [100, 20], [1000, 20]] as const)
    .map(([age, typical]) => pollDelaySeconds(age, typical, middle));
  assert.deepEqual(delays, [20, 15, 2, 10, 30]);
});

Deno.test("pollDelaySeconds() asks nobody more often than every 2 s or less than every 30 s, give or take a fifth", () => {
  const seconds = fc.double({ min: 0, max: 100_000, noNaN: true });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(seconds, seconds, random, (age, typical, at) => {
    const delay = pollDelaySeconds(age, typical, () => at);
    assert.ok(delay >= 2 * 0.8 && delay <= 30 * 1.2, `${delay}`);
  }));
});

Deno.test("pollDelaySeconds() does not look at clips that started together all together", () => {
  const delays = new Set(Array.from({ length: 50 }, () => pollDelaySeconds(0, 20)));
  assert.ok(delays.size > 40);
});
