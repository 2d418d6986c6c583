import assert from "node:assert/strict";
import fc from "fast-check";
import { cheaperPlans } from "../../../supabase/functions/_shared/production/cheaper_plans.ts";
import { FakeWorld } from "./fake_world.ts";

const MODELS = ["cheap-camera", "camera", "fine-camera"];

Deno.test("cheaperPlans() gives only plans that fit and that cost then what they said", () => {
  let offered = 0;
  fc.assert(
    fc.property(
      fc.record({
        target_length: fc.integer({ min: 12, max: 120 }),
        shots_per_scene: fc.integer({ min: 1, max: 3 }),
        video_model: fc.constantFrom("camera", "fine-camera"),
      }),
      fc.double({ min: 0.05, max: 0.99, noNaN: true }),
      (options, share) => {
        const world = new FakeWorld();
        const planOf = (wished: typeof options) => world.plan({ options: wished }).plan;
        const limit = Math.floor(planOf(options).credits * share);
        const plans = cheaperPlans(options, {
          limit,
          models: MODELS,
          plan: (wished) => world.plan({ options: wished }).plan,
        });
        for (const { options: change, credits, target_length } of plans) {
          offered += 1;
          assert.ok(credits <= limit);
          // What a client does: its own options with the change over them, as JSON.
          const merged = { ...options, ...JSON.parse(JSON.stringify(change)) };
          const taken = new FakeWorld();
          const made = taken.make({ options: merged, budgetCredits: limit });
          assert.deepEqual([made.plan.credits, made.plan.target_length], [credits, target_length]);
          assert.equal(made.end, "succeeded");
          assert.equal(taken.spent, credits);
        }
      },
    ),
    { numRuns: 100 },
  );
  assert.ok(offered > 50, `only ${offered} offered`);
});

Deno.test("cheaperPlans() works for a film whose scenes were counted, too", () => {
  const world = new FakeWorld();
  const options = { target_length: 80, scene_count: 10, shots_per_scene: 2 };
  const plan = (wished: typeof options) => world.plan({ options: wished }).plan;
  const limit = Math.floor(plan(options).credits / 2);
  const plans = cheaperPlans(options, {
    limit,
    models: MODELS,
    plan: (wished) => world.plan({ options: wished }).plan,
  });
  assert.ok(plans.length > 0);
  for (const { options: change, credits } of plans) {
    const merged = { ...options, ...JSON.parse(JSON.stringify(change)) };
    assert.equal(new FakeWorld().plan({ options: merged }).plan.credits, credits);
  }
});

Deno.test("cheaperPlans() gives none where nothing would fit", () => {
  const world = new FakeWorld();
  const plan = (options: object) => world.plan({ options }).plan;
  assert.deepEqual(cheaperPlans({ target_length: 60 }, { limit: 3, models: MODELS, plan }), []);
});

Deno.test("cheaperPlans() offers a shorter film and a cheaper model", () => {
  const world = new FakeWorld();
  const plan = (options: object) => world.plan({ options }).plan;
  const options = { target_length: 60, video_model: "fine-camera" };
  const plans = cheaperPlans(options, { limit: 400, models: MODELS, plan });
  assert.ok(plans.some((one) => one.options.video_model === "cheap-camera"));
  assert.ok(plans.some((one) => one.target_length < 60));
});
