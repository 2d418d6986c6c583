import assert from "node:assert/strict";
import fc from "fast-check";
import { TAIL_SECONDS } from "../../../supabase/functions/_shared/production/fit.ts";
import {
  narrationChars,
  sceneTextChars,
} from "../../../supabase/functions/_shared/production/speech_rate.ts";
import { clipsOfScene, durationsOf } from "../../../supabase/functions/_shared/production/shots.ts";
import { FakeWorld } from "./fake_world.ts";

Deno.test("narrationChars() knows a language by its primary tag, and is careful with others", () => {
  assert.equal(narrationChars("en-GB", 10), narrationChars("EN", 10));
  assert.equal(narrationChars("en-US", 10), 108);
  assert.equal(narrationChars("ko-KR", 10), 54);
  assert.ok(narrationChars("fi-FI", 10) < narrationChars("en-US", 10));
  assert.ok(narrationChars("zh-CN", 10) < narrationChars("ja-JP", 10));
});

Deno.test("sceneTextChars() leaves room for the breath within the clips that are planned", () => {
  const { payload: { wish } } = new FakeWorld().plan();
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 300 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom([5, 10], [4, 8, 12], [2, 3, 4, 5, 6]),
      (target_length, sceneCount, shots_per_scene, durations) => {
        const chars = sceneTextChars({ ...wish, target_length, shots_per_scene }, {
          durations: durationsOf({ durations_sec: durations }),
          sceneCount,
        });
        // Below ten characters nothing is said: scenes of a second are refused elsewhere.
        if (chars <= 10) return;
        const clips = clipsOfScene(target_length / sceneCount, {
          durations,
          shots: shots_per_scene,
        }).reduce((sum, clip) => sum + clip, 0);
        const slot = Math.min(target_length / sceneCount, clips);
        assert.ok(chars / 12 + TAIL_SECONDS <= slot + 1e-9, `${chars} characters in ${slot} s`);
      },
    ),
  );
});
