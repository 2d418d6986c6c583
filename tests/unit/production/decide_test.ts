import assert from "node:assert/strict";
import fc from "fast-check";
import { FILM_STAGES } from "../../../shared/contract/statuses.ts";
import { decide } from "../../../supabase/functions/_shared/production/decide.ts";
import { FakeWorld } from "./fake_world.ts";
import { CAST, failing, inTurns, kindsOf, randomFrom, whyNot } from "./runs.ts";
import type { Ending, Started } from "./world_types.ts";

Deno.test("decide() goes through the stages in order and starts each part once", () => {
  const world = new FakeWorld({ seen: inTurns });
  const made = world.make({ options: CAST });
  assert.equal(made.end, "succeeded", whyNot(made));
  assert.deepEqual(made.stages, [
    "script",
    "characters",
    "frames",
    "audio",
    "images",
    "videos",
    "film",
  ]);
  assert.deepEqual(kindsOf(made.started), {
    script: 1,
    audio: 2,
    characters: 1,
    image: 2 + 4,
    frames: 1,
    video: 4,
    film: 1,
  });
  const [film] = world.rows.films;
  assert.deepEqual(made.end === "succeeded" && made.result, {
    project_id: world.rows.project?.id,
    stopped_at: "film",
    film_id: film?.id,
    url: film?.url,
  });
});

Deno.test("decide() starts narration beside the cast, and a clip as soon as its own picture is there", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST });
  const begun = world.jobs.map(({ child_key }) => child_key.split(":")[0] ?? "");
  assert.ok(begun.indexOf("audio") < begun.indexOf("reference"));
  const firstClip = world.jobs.find(({ kind }) => kind === "video");
  assert.ok(firstClip);
  // It was begun while pictures of other shots were still drawn.
  assert.ok(openAt(world, firstClip).some((key) => key.startsWith("image:")));
});

/** Keys of what was asked for before and had not ended yet. */
function openAt(world: FakeWorld, started: Started): string[] {
  return world.jobs.slice(0, world.jobs.indexOf(started))
    .filter(({ endedAt }) => endedAt === null || endedAt >= world.jobs.indexOf(started))
    .map(({ child_key }) => child_key);
}

Deno.test("decide() ends well whatever the order in which children end, and asks for nothing twice", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.record({
        target_length: fc.integer({ min: 12, max: 90 }),
        shots_per_scene: fc.integer({ min: 1, max: 3 }),
        character_count: fc.integer({ min: 0, max: 3 }),
        video_model: fc.constantFrom("camera", "cheap-camera", "fine-camera"),
      }),
      (seed, options) => {
        const random = randomFrom(seed);
        const world = new FakeWorld({ random, seen: (_, size) => size > 0 ? [0] : [] });
        const made = world.make({ options: { ...options, auto_confirm: true } });
        assert.equal(made.end, "succeeded", whyNot(made));
        const again = world.make({ options: { ...options, auto_confirm: true } });
        assert.equal(again.plan.credits, 0, JSON.stringify(again.plan.items));
        assert.equal(again.started.length, 0, "the same film is not made twice");
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("decide() finishes after any failures once it is tried again, and buys only what failed", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, badness) => {
      const random = randomFrom(seed);
      const world = new FakeWorld({ random, seen: inTurns });
      const { payload } = world.plan({ options: CAST });
      const unlucky: Ending = () => random() * 10 < badness ? "PROVIDER_FAILED" : null;
      let made = world.run(payload, unlucky);
      for (let tries = 0; made.end === "failed" && tries < 200; tries++) {
        assert.equal(made.error.code, "PROVIDER_FAILED");
        made = world.run(payload, unlucky);
      }
      assert.equal(made.end, "succeeded");
      const bought = world.jobs.filter(({ state }) => state === "succeeded");
      const keys = bought.map(({ child_key }) => child_key);
      assert.equal(new Set(keys).size, keys.length, "nothing that was delivered is bought again");
    }),
    { numRuns: 60 },
  );
});

Deno.test("decide() lets everything else finish when a shot fails, and fails with that shot's reason", () => {
  const world = new FakeWorld({ seen: inTurns });
  const { payload } = world.plan({ options: CAST });
  const made = world.run(payload, failing("video:", "PROVIDER_FAILED"));
  assert.ok(made.end === "failed");
  assert.equal(made.error.code, "PROVIDER_FAILED");
  assert.match(made.error.message, /^It was PROVIDER_FAILED \(video:/);
  assert.equal(world.rows.video_clips.length, 3, "the other clips are kept");
  const again = world.run(payload);
  assert.equal(again.end, "succeeded");
  assert.deepEqual(kindsOf(again.started), { video: 1, film: 1 });
});

for (const stage of FILM_STAGES) {
  Deno.test(`decide() stops at ${stage}, and a film that goes on buys nothing of it again`, () => {
    const world = new FakeWorld({ seen: inTurns });
    const stopped = world.make({ options: CAST, stopAt: stage });
    assert.ok(stopped.end === "succeeded", whyNot(stopped));
    assert.deepEqual((stopped.result as { stopped_at: string }).stopped_at, stage);
    assert.equal(world.spent, stopped.plan.credits);
    const rest = world.plan({ options: CAST }).plan.credits;
    const made = world.make({ options: CAST });
    assert.equal(made.end, "succeeded", whyNot(made));
    assert.equal(world.spent, stopped.plan.credits + rest);
    const keys = world.jobs.map(({ child_key }) => child_key);
    assert.equal(new Set(keys).size, keys.length);
  });
}

Deno.test("decide() waits for the user's word and speaks meanwhile", () => {
  const world = new FakeWorld({ seen: inTurns });
  const { payload } = world.plan({ options: { ...CAST, auto_confirm: false } });
  const waiting = world.run(payload);
  assert.equal(waiting.end, "waiting");
  assert.equal(waiting.stages.at(-1), "confirmation");
  assert.deepEqual(kindsOf(waiting.started), { script: 1, audio: 2, characters: 1, image: 2 });
  world.confirm();
  assert.equal(world.goOn(payload).end, "succeeded");
});

Deno.test("decide() goes on after a crash with the children that are there", () => {
  const world = new FakeWorld({ seen: inTurns });
  const { payload } = world.plan({ options: { ...CAST, auto_confirm: false } });
  world.run(payload);
  const before = world.jobs.length;
  // A second worker looks at the same rows: it starts nothing.
  assert.equal(world.goOn(payload).end, "waiting");
  assert.equal(world.jobs.length, before);
});

Deno.test("decide() adds shots to a scene that was added later, and nothing to the others", () => {
  const world = new FakeWorld();
  const options = { target_length: 10, scene_count: 2 };
  world.make({ options });
  const [scene] = world.rows.scenes;
  assert.ok(scene);
  world.rows.scenes = [
    ...world.rows.scenes,
    { ...scene, id: crypto.randomUUID(), index: 3, text: "One more" },
  ];
  const again = world.make({ options: { target_length: 15 } });
  assert.equal(again.end, "succeeded");
  assert.deepEqual(kindsOf(again.started), { audio: 1, image: 1, video: 1, film: 1 });
});

Deno.test("decide() refuses narration that needs more clips than were quoted, before pictures, unless a budget allows them", () => {
  const world = new FakeWorld({ speak: () => 7 });
  const options = { target_length: 10, scene_count: 2, video_model: "camera" };
  const made = world.make({ options });
  assert.ok(made.end === "failed");
  assert.equal(made.error.code, "PLAN_DOES_NOT_FIT");
  assert.equal(kindsOf(made.started)["image"], undefined);
  // In fourteen seconds they fit; what the new plan says is what it costs.
  const longer = world.make({ options: { ...options, target_length: 14 } });
  assert.equal(longer.end, "succeeded");
  assert.equal(
    longer.plan.credits,
    longer.started.reduce((sum, { credits }) => sum + credits, 0),
  );
});

Deno.test("decide() refuses narration that does not fit before anybody of the cast is drawn", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const world = new FakeWorld({ speak: () => 30, random: randomFrom(seed) });
    const made = world.make({ options: { ...CAST, auto_confirm: false }, budgetCredits: 500 });
    assert.ok(made.end === "failed", made.end);
    assert.equal(made.error.code, "PLAN_DOES_NOT_FIT");
    assert.equal(kindsOf(made.started)["image"], undefined);
  }));
});

Deno.test("decide() refuses narration that is too long with the length that then fits", () => {
  const world = new FakeWorld({ speak: () => 9 });
  const made = world.make({ options: { target_length: 15, scene_count: 2 }, budgetCredits: 500 });
  assert.ok(made.end === "failed");
  assert.equal(made.error.code, "PLAN_DOES_NOT_FIT");
  const nearest = (made.error.details as { nearest_target_length: number }).nearest_target_length;
  assert.equal(nearest, 18);
  assert.throws(() => world.plan({ options: { target_length: 17 } }), /18 s/);
  assert.equal(world.make({ options: { target_length: nearest } }).end, "succeeded");
});

Deno.test("decide() fails a film whose project was deleted", () => {
  const world = new FakeWorld();
  const { payload } = world.plan();
  const script = world.run({ ...payload, stop_at: "script" });
  assert.equal(script.end, "succeeded");
  const [child] = world.jobs;
  assert.ok(child);
  assert.throws(
    () => decide({ ...world.rows, project: null, children: [child] }, payload),
    { code: "NOT_FOUND" },
  );
});
