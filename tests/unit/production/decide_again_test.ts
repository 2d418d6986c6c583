import assert from "node:assert/strict";
import { audioOf } from "../../factories.ts";
import { FakeWorld } from "./fake_world.ts";
import { CAST, failing, inTurns, kindsOf, whyNot } from "./runs.ts";

Deno.test("decide() draws somebody whose picture the user took away again, as often as they do", () => {
  const world = new FakeWorld({ seen: inTurns });
  const { payload } = world.plan({ options: { ...CAST, auto_confirm: false } });
  world.run(payload);
  for (let time = 1; time <= 2; time++) {
    world.edit("characters", (_, at) => at === 0, { image_id: null, confirmed_at: null });
    const again = world.goOn(payload);
    assert.equal(again.end, "waiting");
    assert.deepEqual(kindsOf(again.started), { image: 1 });
    assert.ok(world.rows.characters.every(({ image_id }) => image_id !== null));
  }
  world.confirm();
  assert.equal(world.goOn(payload).end, "succeeded");
});

for (const left of [1, 0]) {
  Deno.test(`decide() goes on with those whom the user left in the cast: ${left} of two`, () => {
    const world = new FakeWorld({ seen: (_, size) => size > 0 ? [0] : [] });
    const { payload } = world.plan({ options: { ...CAST, auto_confirm: false } });
    world.run(payload);
    world.rows.characters = world.rows.characters.slice(0, left);
    world.confirm();
    const made = world.goOn(payload, failing("video:", "PROVIDER_FAILED"));
    assert.equal(made.end, "failed");
    // Tried again, in a tree of its own: nobody is cast in the place of who was taken out.
    const again = world.retry(payload);
    assert.equal(again.end, "succeeded", whyNot(again));
    assert.deepEqual(kindsOf(again.started), { video: 1, film: 1 });
    assert.equal(world.rows.characters.length, left);
  });
}

/** A film whose first part of a kind has failed, and that part. */
function failedAt(prefix: string) {
  const world = new FakeWorld({ seen: inTurns });
  const { payload } = world.plan({ options: CAST });
  assert.equal(world.run(payload, failing(prefix, "PROVIDER_FAILED")).end, "failed");
  const part = world.jobs.find(({ state }) => state === "failed");
  assert.ok(part);
  return { world, payload, part };
}

for (const prefix of ["audio:", "reference:", "image:", "video:"]) {
  Deno.test(`decide() waits for a part (${prefix}) that is tried again by itself, rather than buying it twice`, () => {
    const { world, payload, part } = failedAt(prefix);
    const end = world.retryPart(part);
    const waiting = world.run(payload);
    assert.equal(waiting.end, "waiting");
    assert.ok(waiting.started.every(({ child_key }) => child_key !== part.child_key));
    end();
    const made = world.goOn(payload);
    assert.equal(made.end, "succeeded", whyNot(made));
    const bought = world.jobs.filter(({ child_key, state }) =>
      child_key === part.child_key && state === "succeeded"
    );
    assert.equal(bought.length, 1);
  });
}

Deno.test("decide() does not fail of a child that is tried again by itself, unless that fails too", () => {
  for (const code of [undefined, "PROVIDER_FAILED"]) {
    const { world, payload, part } = failedAt("video:");
    const end = world.retryPart(part);
    assert.equal(world.goOn(payload).end, "waiting");
    end(code);
    assert.equal(world.goOn(payload).end, code === undefined ? "succeeded" : "failed");
  }
});

Deno.test("decide() buys nothing that a production before it has begun and left", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST, stopAt: "audio" });
  const { payload } = world.plan({ options: CAST });
  world.leave(payload);
  const begun = world.jobs.length;
  assert.equal(world.jobs.filter(({ state }) => state === "running").length, 4, "four pictures");
  assert.equal(world.run(payload).end, "waiting");
  assert.equal(world.jobs.length, begun);
  world.endOthers();
  const made = world.goOn(payload);
  assert.equal(made.end, "succeeded", whyNot(made));
  assert.deepEqual(kindsOf(made.started), { video: 4, film: 1 });
});

Deno.test("decide() buys each of two shots of one prompt, though the other's is under way", () => {
  const world = new FakeWorld();
  const { payload } = world.plan({ options: { target_length: 10, scene_count: 2 } });
  world.run({ ...payload, stop_at: "audio" });
  world.edit("frames", () => true, { action: "A boat", video_prompt: "A boat" });
  assert.deepEqual(kindsOf(world.run(payload).started), { image: 2, video: 2, film: 1 });
});

Deno.test("decide() takes another tone to heart in every picture and clip, as the plan says", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.make({ options: CAST });
  const dark = world.make({ options: { ...CAST, tone: "eerie" } });
  assert.equal(dark.end, "succeeded", whyNot(dark));
  assert.deepEqual(kindsOf(dark.started), { image: 4, video: 4, film: 1 });
  assert.equal(dark.plan.credits, dark.started.reduce((sum, { credits }) => sum + credits, 0));
  const prompts = dark.started.filter(({ kind }) => kind === "image" || kind === "video")
    .map(({ item }) => (item.payload as { request: { prompt: string } }).request.prompt);
  assert.deepEqual(prompts.filter((prompt) => !prompt.includes("Mood: eerie")), []);
});

Deno.test("a film that goes on is what was asked for before, and buys nothing in another shape", () => {
  const world = new FakeWorld();
  const { payload } = world.plan({ options: { scene_count: 4, target_length: 20 } });
  world.run({ ...payload, stop_at: "script" });
  const asked = { platform: "tiktok", target_length: 24, tone: "eerie" };
  const stopped = world.make({ options: asked, stopAt: "videos" });
  assert.equal(stopped.end, "succeeded", whyNot(stopped));
  const rest = world.make();
  assert.equal(rest.end, "succeeded", whyNot(rest));
  assert.deepEqual(kindsOf(rest.started), { film: 1 });
});

/** A film of one scene that `generate-audio` speaks in a voice, newest first. */
function spokenBy(...voices: string[]) {
  const world = new FakeWorld();
  const { payload } = world.plan({ options: { target_length: 5 } });
  world.run({ ...payload, stop_at: "script" });
  const scene_id = world.rows.scenes[0]?.id ?? "";
  world.rows.audio_clips = voices.map((voice_id) =>
    audioOf({ id: crypto.randomUUID(), scene_id, voice_id, input_hash: null, duration_sec: 3 })
  );
  return world;
}

Deno.test("decide() has a scene spoken anew by the narrator that was asked for, and keeps them", () => {
  const world = spokenBy("en-US-Neural2-A");
  const options = { voice_id: "en-US-Neural2-J" };
  const asked = world.make({ options, stopAt: "audio" });
  assert.deepEqual(kindsOf(asked.started), { audio: 1 });
  assert.ok(asked.plan.credits > 0);
  assert.equal(world.rows.audio_clips[0]?.voice_id, "en-US-Neural2-J");
  assert.equal(world.make({ options, stopAt: "audio" }).started.length, 0);
  assert.equal(world.make({ stopAt: "audio" }).started.length, 0);
});

Deno.test("decide() keeps the narration a user chose where they named no voice, or that one", () => {
  const world = spokenBy("en-US-Neural2-A", "en-US-Neural2-J");
  assert.equal(world.make({ stopAt: "audio" }).started.length, 0);
  const options = { voice_id: "en-US-Neural2-J" };
  assert.equal(world.make({ options, stopAt: "audio" }).started.length, 0);
});

Deno.test("decide() has the shots of a later scene written beside those of its neighbours", () => {
  const world = new FakeWorld({ seen: inTurns });
  world.run(world.plan({ options: CAST }).payload);
  const [first, second] = world.rows.scenes;
  assert.ok(first && second);
  world.rows.frames = world.rows.frames.filter(({ scene_id }) => scene_id === first.id);
  const again = world.run(world.plan({ options: CAST }).payload);
  const written = world.jobs.findLast(({ kind }) => kind === "frames")?.item.payload;
  const { scenes, shown } = Object(written);
  assert.deepEqual(scenes.map(({ index }: { index: number }) => index), [2]);
  assert.deepEqual(shown, [{
    index: 1,
    title: first.title,
    shots: world.rows.frames.filter(({ scene_id }) => scene_id === first.id)
      .map(({ action }) => action),
  }]);
  assert.equal(again.end, "succeeded", whyNot(again));
});
