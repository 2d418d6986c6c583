import assert from "node:assert/strict";
import { decide } from "../../../supabase/functions/_shared/production/decide.ts";
import { quoteFilm } from "../../../supabase/functions/_shared/production/quote_film.ts";
import { FakeWorld } from "./fake_world.ts";
import { CAST, inTurns, kindsOf, whyNot } from "./runs.ts";

Deno.test("decide() buys after a character's edit only the shots they are in", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST });
  world.edit("characters", (_, at) => at === 0, { description: "A girl with a blue scarf" });
  const again = world.make({ options: CAST });
  assert.equal(again.end, "succeeded");
  assert.deepEqual(kindsOf(again.started), { image: 2, video: 2, film: 1 });
  assert.equal(again.plan.credits, again.started.reduce((sum, { credits }) => sum + credits, 0));
});

Deno.test("decide() buys after a shot's edit only that shot: a clip alone when its picture is the same", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST });
  world.edit("frames", (_, at) => at === 1, { video_prompt: "The kite falls" });
  assert.deepEqual(kindsOf(world.make({ options: CAST }).started), { video: 1, film: 1 });
  world.edit("frames", (_, at) => at === 1, { action: "The kite in a tree" });
  assert.deepEqual(kindsOf(world.make({ options: CAST }).started), { image: 1, video: 1, film: 1 });
});

Deno.test("decide() buys after a text's edit only its narration and the cut", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST });
  world.edit("scenes", (_, at) => at === 1, { text: "b".repeat(80) });
  const again = world.make({ options: CAST });
  assert.equal(again.end, "succeeded");
  assert.deepEqual(kindsOf(again.started), { audio: 1, film: 1 });
  assert.equal(again.plan.credits, again.started.reduce((sum, { credits }) => sum + credits, 0));
});

Deno.test("decide() buys after an edit of what a scene shows only the shot that is this scene", () => {
  const world = new FakeWorld();
  const options = { target_length: 15, scene_count: 3 };
  world.make({ options });
  const second = (_: unknown, at: number) => at === 1;
  const changes = [
    [{ plot: "A storm" }, { image: 1, video: 1, film: 1 }],
    [{ title: "Night" }, { image: 1, video: 1, film: 1 }],
    [{ text: "b".repeat(40) }, { audio: 1, film: 1 }],
    [{ plot: "" }, { image: 1, video: 1, film: 1 }],
    [{ text: "c".repeat(40) }, { audio: 1, image: 1, video: 1, film: 1 }],
  ] as const;
  for (const [change, bought] of changes) {
    world.edit("scenes", second, change);
    const again = world.make({ options });
    assert.equal(again.end, "succeeded", whyNot(again));
    assert.deepEqual(kindsOf(again.started), bought, JSON.stringify(change));
    assert.equal(again.plan.credits, again.started.reduce((sum, { credits }) => sum + credits, 0));
  }
  assert.match(JSON.stringify(world.jobs.at(-2)?.item.payload), /cccc/);
  // What somebody wrote for the shot is theirs: the scene does not overwrite it.
  world.edit("frames", second, { action: "A gull", video_prompt: "It flies" });
  world.make({ options });
  world.edit("scenes", second, { plot: "A calm sea" });
  assert.equal(world.make({ options }).started.length, 0);
});

Deno.test("decide() breaks scenes that were written anew into shots anew, and buys what they show", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST });
  world.make({ options: { scene_count: 2 }, stopAt: "scenes", rewriteScenes: true });
  const again = world.make({ options: CAST });
  assert.equal(again.end, "succeeded", whyNot(again));
  assert.deepEqual(kindsOf(again.started), { frames: 1, image: 4, video: 4, film: 1 });
});

Deno.test("decide() minds a retired model only when something of it is to be bought", () => {
  const world = new FakeWorld({ seen: inTurns });
  const { payload } = world.make({ options: CAST });
  const { wish } = payload;
  const gone = [wish.image_model, wish.video_model];
  world.rows.models = world.rows.models.map((model) =>
    gone.includes(model.id) ? { ...model, retired_at: model.created_at } : model
  );
  world.edit("scenes", (_, at) => at === 1, { text: "b".repeat(80) });
  const quote = () => quoteFilm({ ...world.rows, children: [] }, payload).plan;
  const quoted = quote().credits;
  const again = world.run(payload);
  assert.equal(again.end, "succeeded", whyNot(again));
  assert.deepEqual(kindsOf(again.started), { audio: 1, film: 1 });
  assert.equal(quoted, again.started.reduce((sum, { credits }) => sum + credits, 0));
  world.edit("frames", (_, at) => at === 1, { video_prompt: "The kite falls" });
  assert.throws(quote, { code: "MODEL_RETIRED" });
  const unknown = { ...payload, wish: { ...wish, video_model: "none" } };
  assert.throws(() => decide({ ...world.rows, children: [] }, unknown), {
    code: "MODEL_INPUT_INVALID",
  });
});
