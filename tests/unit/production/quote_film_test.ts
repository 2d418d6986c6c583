import assert from "node:assert/strict";
import fc from "fast-check";
import { FILM_STAGES } from "../../../shared/contract/statuses.ts";
import { quoteJobs } from "../../../supabase/functions/_shared/plans/quote.ts";
import { clipOf, imageOf } from "../../factories.ts";
import { FakeWorld } from "./fake_world.ts";
import { randomFrom } from "./runs.ts";
import type { Started } from "./world_types.ts";
import { FILM_MODELS } from "./film_models.ts";

const anyOptions = fc.record({
  target_length: fc.integer({ min: 12, max: 120 }),
  shots_per_scene: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  scene_count: fc.option(fc.integer({ min: 2, max: 3 }), { nil: undefined }),
  character_count: fc.integer({ min: 0, max: 3 }),
  video_model: fc.constantFrom("camera", "cheap-camera", "fine-camera"),
  language: fc.constantFrom("en-US", "ko-KR", "de-DE"),
  auto_confirm: fc.constant(true),
});

/** What a user may do to a project between two films. */
const EDITS: readonly ((world: FakeWorld, at: number) => void)[] = [
  () => {},
  (world, at) => world.edit("scenes", (_, index) => index === at, { text: `Another text ${at}` }),
  (world, at) => world.edit("scenes", (_, index) => index === at, { plot: `Another plot ${at}` }),
  (world, at) => world.edit("scenes", (_, index) => index === at, { plot: "", title: "Night" }),
  (world, at) => world.edit("characters", (_, index) => index === at, { description: "Bald" }),
  (world, at) => world.edit("characters", (_, index) => index === at, { image_id: null }),
  (world, at) => world.edit("frames", (_, index) => index === at, { action: `Other ${at}` }),
  (world, at) => world.edit("frames", (_, index) => index === at, { video_prompt: `Moves ${at}` }),
  (world, at) => {
    const own = imageOf({ id: crypto.randomUUID(), scene_id: null, source: "uploaded" });
    world.rows.images = [own, ...world.rows.images];
    world.edit("frames", (_, index) => index === at, { image_id: own.id });
  },
  (world, at) => {
    const scene_id = world.rows.scenes[at]?.id ?? null;
    const image_id = crypto.randomUUID();
    world.rows.images = [imageOf({ id: image_id, scene_id }), ...world.rows.images];
    const clip = clipOf({ id: crypto.randomUUID(), scene_id, image_id, duration_sec: 9 });
    world.rows.video_clips = [clip, ...world.rows.video_clips];
  },
  (world, at) => {
    const { image_id = null } = world.rows.frames[0] ?? {};
    world.edit("frames", (_, index) => index === at, { image_id });
  },
  (world, at) => {
    const { video_clip_id = null } = world.rows.frames[0] ?? {};
    world.edit("frames", (_, index) => index === at, { video_clip_id });
  },
  (world) => {
    const gone = world.rows.frames.at(-1);
    world.dropFrames(({ scene_id }) => scene_id === gone?.scene_id);
  },
];

function costOf(started: readonly Started[]): number {
  return started.reduce((sum, { credits }) => sum + credits, 0);
}

Deno.test("quoteFilm() is the sum of what decide() then starts, whatever is there already", () => {
  const seen = { free: 0, part: 0, whole: 0 };
  fc.assert(
    fc.property(
      anyOptions,
      fc.constantFrom(...FILM_STAGES, null),
      fc.array(fc.tuple(fc.constantFrom(...EDITS), fc.nat({ max: 5 })), { maxLength: 3 }),
      fc.constantFrom(...FILM_STAGES),
      fc.integer(),
      (options, before, edits, stopAt, seed) => {
        const world = new FakeWorld({
          random: randomFrom(seed),
          seen: (shot, size) => size === 0 ? [] : [shot % size],
        });
        if (before !== null) {
          const first = world.make({ options, stopAt: before });
          assert.equal(first.end, "succeeded");
        }
        for (const [edit, at] of edits) edit(world, at);
        const made = world.make({ options, stopAt });
        assert.equal(made.end, "succeeded", made.end === "failed" ? made.error.message : made.end);
        const { credits, items } = made.plan;
        assert.equal(credits, costOf(made.started), JSON.stringify(items));
        assert.equal(items.reduce((sum, item) => sum + item.credits, 0), credits);
        assert.equal(
          items.reduce((sum, item) => sum + item.count, 0),
          made.started.length,
          "as many jobs as it says",
        );
        seen[credits === 0 ? "free" : before === null ? "whole" : "part"] += 1;
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(seen.free > 10 && seen.part > 50 && seen.whole > 10, JSON.stringify(seen));
});

Deno.test("quoteFilm() names each shot with what its picture and its clip will cost", () => {
  const world = new FakeWorld();
  const { plan } = world.plan({ options: { target_length: 15 } });
  assert.deepEqual(plan.shots.map(({ scene, shot }) => [scene, shot]), [[1, 1], [2, 1], [3, 1]]);
  const shots = plan.shots.reduce((sum, shot) => sum + shot.image_credits + shot.clip_credits, 0);
  const others = plan.items.filter(({ kind }) => kind !== "image" && kind !== "video");
  assert.equal(shots + others.reduce((sum, { credits }) => sum + credits, 0), plan.credits);
  world.make({ options: { target_length: 15 } });
  const again = world.plan({ options: { target_length: 15 } }).plan;
  assert.ok(again.shots.every((shot) => shot.image_credits === 0 && shot.clip_credits === 0));
  assert.deepEqual(again.items, []);
});

Deno.test("quoteFilm() prices by each job alone, as the ledger rounds", () => {
  const world = new FakeWorld();
  const options = { target_length: 16, scene_count: 2, video_model: "fine-camera" };
  const { plan } = world.plan({ options });
  const clip = plan.items.find(({ kind }) => kind === "video");
  assert.equal(clip?.credits, 2 * Math.ceil(11.2 * 8));
  assert.equal(
    clip?.credits,
    quoteJobs(
      FILM_MODELS,
      [8, 8].map((units) => ({
        kind: "video" as const,
        model_id: "fine-camera",
        units,
      })),
    ).credits,
  );
});

Deno.test("quoteFilm() refuses before anything is bought what can't fit: more shots than seconds", () => {
  const world = new FakeWorld();
  assert.throws(
    () => world.plan({ options: { target_length: 3, scene_count: 2, shots_per_scene: 4 } }),
    { code: "PLAN_DOES_NOT_FIT" },
  );
});

Deno.test("quoteFilm() refuses a film of more clips than the cut takes", () => {
  const world = new FakeWorld();
  assert.throws(
    () => world.plan({ options: { target_length: 600, scene_count: 30, shots_per_scene: 3 } }),
    { code: "MODEL_INPUT_INVALID" },
  );
});
