import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chooseSceneCount,
  clipFor,
  clipsOfScene,
  durationsOf,
} from "../../../supabase/functions/_shared/production/shots.ts";

const GRIDS = [[5, 10], [4, 8, 12], [2, 3, 4, 5, 6, 7, 8, 9, 10], [6], [4, 6, 8]];
const grid = fc.constantFrom(...GRIDS);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

Deno.test("durationsOf() sorts a model's lengths, and has one for a model that names none", () => {
  assert.deepEqual(durationsOf({ durations_sec: [10, 9, 5] }), [5, 9, 10]);
  assert.deepEqual(durationsOf({}), [5]);
});

Deno.test("clipFor() gives the shortest that covers, a twentieth of a second short at most", () => {
  assert.equal(clipFor(5.04, [5, 10]), 5);
  assert.equal(clipFor(5.06, [5, 10]), 10);
  assert.equal(clipFor(10.06, [5, 10]), undefined);
});

Deno.test("clipsOfScene() covers any scene with at least as many shots as wanted, of the grid", () => {
  fc.assert(
    fc.property(
      grid,
      fc.double({ min: 0.5, max: 600, noNaN: true }),
      fc.integer({ min: 1, max: 20 }),
      (durations, seconds, shots) => {
        const clips = clipsOfScene(seconds, { durations, shots });
        assert.ok(clips.length >= shots);
        assert.ok(clips.every((clip) => durations.includes(clip)));
        assert.ok(sum(clips) >= seconds - 0.05 * clips.length - 1e-9);
        const longest = durations.at(-1) ?? 0;
        assert.ok(
          clips.length === shots || (clips.length - 1) * longest < seconds,
          "no shot more than the longest clips need",
        );
      },
    ),
  );
});

Deno.test("chooseSceneCount() lies within its bounds, and nothing within them wastes less", () => {
  const waste = (target: number, count: number, durations: readonly number[], shots: number) =>
    (sum(clipsOfScene(target / count, { durations, shots })) - target / count) * count;
  fc.assert(
    fc.property(
      grid,
      fc.integer({ min: 3, max: 600 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 30 }),
      (durations, target, shots, most) => {
        const count = chooseSceneCount(target, { durations, shots, most });
        assert.ok(Number.isInteger(count) && count >= 1 && count <= most);
        const fewest = Math.ceil(target / 10);
        for (let other = fewest; other <= Math.min(most, Math.floor(target / 5)); other++) {
          assert.ok(
            waste(target, count, durations, shots) <= waste(target, other, durations, shots) + 1e-3,
            `${other} scenes waste less than ${count}`,
          );
        }
      },
    ),
  );
});

Deno.test("chooseSceneCount() fills 15, 30, 60 and 90 s with clips of five and ten seconds and wastes none", () => {
  for (const target of [15, 30, 60, 90]) {
    const count = chooseSceneCount(target, { durations: [5, 10], shots: 1, most: 30 });
    const clips = clipsOfScene(target / count, { durations: [5, 10], shots: 1 });
    assert.equal(sum(clips) * count, target);
  }
});
