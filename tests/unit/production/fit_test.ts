import assert from "node:assert/strict";
import fc from "fast-check";
import {
  fitScenes,
  LENGTH_TOLERANCE,
  type SceneToFit,
  TAIL_SECONDS,
} from "../../../supabase/functions/_shared/production/fit.ts";
import { clipsOfScene } from "../../../supabase/functions/_shared/production/shots.ts";

const GRIDS = [[5, 10], [4, 8, 12], [2, 3, 4, 5, 6, 7, 8, 9, 10], [6], [4, 6, 8]];

/** Scenes whose clips were planned for some length, with narration of any length. */
const anyFilm = fc.record({
  durations: fc.constantFrom(...GRIDS),
  targetSeconds: fc.integer({ min: 3, max: 600 }),
  plannedSeconds: fc.double({ min: 1, max: 30, noNaN: true }),
  scenes: fc.array(
    fc.record({
      // Usual scenes, whose narration nearly fills them, and any others.
      narrationSeconds: fc.oneof(
        fc.constant(0),
        fc.double({ min: 0.2, max: 12, noNaN: true }),
        fc.double({ min: 0.2, max: 40, noNaN: true }),
      ),
      shots: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
}).map(({ durations, plannedSeconds, targetSeconds, scenes }) => ({
  durations,
  targetSeconds,
  scenes: scenes.map(({ narrationSeconds, shots }): SceneToFit => ({
    narrationSeconds,
    clipSeconds: clipsOfScene(plannedSeconds, { durations, shots }),
  })),
}));

/** The same with some clips that are there already, of any length. */
const anyFixedFilm = fc.tuple(
  anyFilm,
  fc.array(fc.option(fc.double({ min: 1, max: 15, noNaN: true }), { nil: undefined }), {
    minLength: 4,
    maxLength: 4,
  }),
).map(([film, lengths]) => ({
  ...film,
  scenes: film.scenes.map((scene, at): SceneToFit => {
    const fixed = scene.clipSeconds.map((_, shot) => lengths[(at + shot) % 4]);
    return {
      ...scene,
      clipSeconds: scene.clipSeconds.map((seconds, shot) => fixed[shot] ?? seconds),
      isFixed: fixed.map((seconds) => seconds !== undefined),
    };
  }),
}));

/** Rounding to milliseconds, once a shot. */
const ROUNDED = 0.001;

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

Deno.test("fitScenes() gives a film within 5 %, narration inside its scene, clips of the grid", () => {
  let fitted = 0;
  fc.assert(
    fc.property(fc.oneof(anyFilm, anyFixedFilm), ({ scenes, targetSeconds, durations }) => {
      const fit = fitScenes(scenes, { targetSeconds, durations });
      if (!fit.fits) return;
      fitted += 1;
      const shots = fit.scenes.flatMap((scene) => scene.shots);
      const shown = sum(shots.map((shot) => shot.shownSeconds));
      const slack = ROUNDED * shots.length + 1e-6;
      assert.ok(
        Math.abs(shown - targetSeconds) <= targetSeconds * LENGTH_TOLERANCE + slack,
        `${shown} s of ${targetSeconds} s`,
      );
      assert.ok(Math.abs(shown - fit.totalSeconds) <= slack);
      assert.equal(fit.scenes.length, scenes.length);
      fit.scenes.forEach((scene, at) => {
        const { narrationSeconds = 0, clipSeconds = [], isFixed = [] } = scenes[at] ?? {};
        const slot = sum(scene.shots.map((shot) => shot.shownSeconds));
        if (narrationSeconds > 0) {
          assert.ok(slot >= narrationSeconds + TAIL_SECONDS - ROUNDED * scene.shots.length - 1e-6);
        }
        assert.equal(scene.shots.length, clipSeconds.length);
        scene.shots.forEach((shot, index) => {
          assert.equal(shot.isFixed, isFixed[index] === true);
          if (shot.isFixed) assert.equal(shot.clipSeconds, clipSeconds[index]);
          else assert.ok(durations.includes(shot.clipSeconds));
          assert.ok(shot.clipSeconds >= (clipSeconds[index] ?? 0), "no clip gets shorter");
          assert.ok(shot.shownSeconds <= shot.clipSeconds + 1e-9 && shot.shownSeconds > 0);
        });
      });
    }),
    { numRuns: 3000 },
  );
  assert.ok(fitted > 300, `only ${fitted} films fitted: the property says nothing`);
});

Deno.test("fitScenes() refuses with a length in which the same scenes then fit, or says that none does", () => {
  const seen = { length: 0, none: 0, tooLong: 0 };
  fc.assert(
    fc.property(fc.oneof(anyFilm, anyFixedFilm), ({ scenes, targetSeconds, durations }) => {
      const fit = fitScenes(scenes, { targetSeconds, durations });
      if (fit.fits) return;
      if (fit.nearestSeconds !== null) {
        seen.length += 1;
        assert.ok(Number.isInteger(fit.nearestSeconds));
        assert.notEqual(fit.nearestSeconds, targetSeconds);
        const again = fitScenes(scenes, { targetSeconds: fit.nearestSeconds, durations });
        assert.ok(again.fits, `${fit.nearestSeconds} s does not fit either`);
        return;
      }
      if (fit.tooLong.length > 0) {
        seen.tooLong += 1;
        const longest = durations.at(-1) ?? 0;
        for (const at of fit.tooLong) {
          const { narrationSeconds = 0, clipSeconds = [], isFixed = [] } = scenes[at] ?? {};
          const most = sum(clipSeconds.map((s, shot) => isFixed[shot] === true ? s : longest));
          assert.ok(narrationSeconds + TAIL_SECONDS > most);
        }
        return;
      }
      seen.none += 1;
      for (let seconds = 1; seconds <= 700; seconds++) {
        assert.ok(!fitScenes(scenes, { targetSeconds: seconds, durations }).fits, `${seconds} s`);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(seen.length > 100 && seen.tooLong > 20, JSON.stringify(seen));
});

Deno.test("fitScenes() gives the nearest length that fits: a second nearer does not", () => {
  const scenes = [{ narrationSeconds: 17, clipSeconds: [10, 10] }];
  const fit = fitScenes(scenes, { targetSeconds: 10, durations: [5, 10] });
  assert.deepEqual(fit, { fits: false, nearestSeconds: 17, tooLong: [] });
  assert.ok(!fitScenes(scenes, { targetSeconds: 16, durations: [5, 10] }).fits);
});

Deno.test("fitScenes() refuses a length that the longest clips can't fill, with the one they can", () => {
  const scenes = [{ narrationSeconds: 3, clipSeconds: [5] }];
  assert.deepEqual(fitScenes(scenes, { targetSeconds: 60, durations: [5, 10] }), {
    fits: false,
    nearestSeconds: 10,
    tooLong: [],
  });
});

Deno.test("fitScenes() lengthens another scene's clip when one is at its longest", () => {
  const durations = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const fit = fitScenes([
    { narrationSeconds: 3, clipSeconds: [10] },
    { narrationSeconds: 3, clipSeconds: [5] },
  ], { targetSeconds: 19, durations });
  assert.ok(fit.fits);
  assert.deepEqual(fit.scenes.map(({ shots }) => shots[0]?.clipSeconds), [10, 9]);
});

Deno.test("fitScenes() names the scene whose narration no clip of its shots can cover", () => {
  const fit = fitScenes([
    { narrationSeconds: 4, clipSeconds: [5] },
    { narrationSeconds: 14, clipSeconds: [10] },
  ], { targetSeconds: 20, durations: [5, 10] });
  assert.deepEqual(fit, { fits: false, nearestSeconds: null, tooLong: [1] });
});

Deno.test("fitScenes() buys the next length only where narration needs it", () => {
  const fit = fitScenes([
    { narrationSeconds: 6, clipSeconds: [5] },
    { narrationSeconds: 3, clipSeconds: [5] },
  ], { targetSeconds: 10, durations: [5, 10] });
  assert.ok(fit.fits);
  assert.deepEqual(fit.scenes.map(({ shots }) => shots), [
    [{ clipSeconds: 10, shownSeconds: 6.3, isFixed: false }],
    [{ clipSeconds: 5, shownSeconds: 3.7, isFixed: false }],
  ]);
});

Deno.test("fitScenes() leaves a clip that is there as long as it is, and takes longer ones elsewhere", () => {
  const fit = fitScenes([
    { narrationSeconds: 4, clipSeconds: [5.04], isFixed: [true] },
    { narrationSeconds: 4, clipSeconds: [5] },
  ], { targetSeconds: 15, durations: [5, 10] });
  assert.ok(fit.fits);
  assert.deepEqual(fit.scenes.map(({ shots }) => shots), [
    [{ clipSeconds: 5.04, shownSeconds: 5.04, isFixed: true }],
    [{ clipSeconds: 10, shownSeconds: 9.96, isFixed: false }],
  ]);
});
