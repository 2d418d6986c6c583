import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffSeconds } from "../../../supabase/functions/_shared/jobs/backoff.ts";

Deno.test("backoffSeconds() doubles its longest wait from 2 s up to a minute", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 100, 10_000].map((count) => backoffSeconds(count, () => 0));
  assert.deepEqual(longest, [2, 4, 8, 16, 32, 60, 60, 60, 60]);
});

Deno.test("backoffSeconds() is spread over its whole range, and never below half a second", () => {
  assert.equal(backoffSeconds(3, () => 0.5), 8);
  assert.equal(backoffSeconds(3, () => 0.999999), 0.5);
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (count, at) => {
        const seconds = backoffSeconds(count, () => at);
        assert.ok(seconds >= 0.5 && seconds <= 60);
      },
    ),
  );
});
