import assert from "node:assert/strict";
import { clipOf, imageOf } from "../../factories.ts";
import { FakeWorld } from "./fake_world.ts";
import { kindsOf, whyNot } from "./runs.ts";

Deno.test("decide() keeps the picture and the clip a user chose until what they show changes", () => {
  const world = new FakeWorld();
  world.make({ options: { target_length: 10, scene_count: 2 } });
  const [frame] = world.rows.frames;
  const own = crypto.randomUUID();
  world.rows.images = [
    imageOf({ id: own, scene_id: null, url: "https://a.test/own" }),
    ...world.rows.images,
  ];
  world.edit("frames", ({ id }) => id === frame?.id, { image_id: own });
  assert.deepEqual(kindsOf(world.make().started), { video: 1, film: 1 });
});

Deno.test("decide() takes the picture and the clip of another shot that a user chose, until they are stale", () => {
  const world = new FakeWorld();
  const options = { target_length: 15, scene_count: 3 };
  world.make({ options });
  const shot = (index: number) => (_: unknown, at: number) => at === index;
  const [, second] = world.rows.frames;
  world.edit("frames", shot(2), { image_id: second?.image_id ?? null });
  const drawn = world.make({ options });
  assert.deepEqual(kindsOf(drawn.started), { video: 1, film: 1 });
  assert.equal(world.rows.video_clips[0]?.image_id, second?.image_id);
  assert.equal(world.make({ options }).started.length, 0);
  world.edit("frames", shot(2), { video_clip_id: second?.video_clip_id ?? null });
  assert.deepEqual(kindsOf(world.make({ options }).started), { film: 1 });
  const [film] = world.rows.films;
  const cut = film?.cut as { clip_id: string; audio_clip_id: string }[];
  assert.equal(cut[2]?.clip_id, second?.video_clip_id);
  const told = cut.map(({ audio_clip_id }) =>
    world.rows.audio_clips.find(({ id }) => id === audio_clip_id)?.scene_id
  );
  assert.deepEqual(
    told,
    world.rows.scenes.map(({ id }) => id),
    "each scene is heard over its shot",
  );
  assert.equal(world.make({ options }).started.length, 0);
  // What it shows changed: the shot's own picture and clip are there still.
  world.edit("frames", shot(1), { action: "A gull" });
  const again = world.make({ options });
  assert.deepEqual(kindsOf(again.started), { image: 1, video: 1, film: 1 });
  assert.equal(again.plan.credits, again.started.reduce((sum, { credits }) => sum + credits, 0));
});

/** A project of three scenes with a main picture, and clips from two of them, each by a request of its own. */
function withOwnMedia(clip: Partial<ReturnType<typeof clipOf>> = {}): FakeWorld {
  const world = new FakeWorld({ write: () => "a".repeat(36) });
  world.make({ options: { target_length: 15, scene_count: 3 }, stopAt: "scenes" });
  for (const [at, { id: scene_id }] of world.rows.scenes.entries()) {
    const picture = imageOf({ id: crypto.randomUUID(), scene_id });
    const other = imageOf({ id: crypto.randomUUID(), scene_id, is_main: false });
    world.rows.images.unshift(other, picture);
    const made = { scene_id, image_id: picture.id, ...clip };
    if (at < 2) world.rows.video_clips.unshift(clipOf({ id: crypto.randomUUID(), ...made }));
  }
  return world;
}

Deno.test("decide() takes the scenes' own pictures and clips for shots that are the scenes themselves", () => {
  const world = withOwnMedia();
  const options = { target_length: 15 };
  const pictures = world.rows.images.filter(({ is_main }) => is_main).map(({ id }) => id);
  const own = world.rows.video_clips.map(({ id }) => id);
  const made = world.make({ options });
  assert.equal(made.end, "succeeded", whyNot(made));
  assert.deepEqual(kindsOf(made.started), { audio: 3, video: 1, film: 1 });
  assert.equal(made.plan.credits, made.started.reduce((sum, { credits }) => sum + credits, 0));
  assert.deepEqual(world.rows.frames.map(({ image_id }) => image_id).sort(), pictures.sort());
  const cut = world.rows.films[0]?.cut as { clip_id: string }[];
  assert.equal(cut.filter(({ clip_id }) => own.includes(clip_id)).length, 2);
  assert.equal(world.make({ options }).started.length, 0);
  // What the shot or the scene shows changes: it is drawn anew, and what belongs to the others stays.
  world.edit("frames", (_, at) => at === 0, { video_prompt: "It sinks" });
  assert.deepEqual(kindsOf(world.make({ options }).started), { video: 1, film: 1 });
  world.edit("frames", (_, at) => at === 0, { action: "A gull" });
  assert.deepEqual(kindsOf(world.make({ options }).started), { image: 1, video: 1, film: 1 });
  world.edit("scenes", (_, at) => at === 1, { plot: "A storm" });
  assert.deepEqual(kindsOf(world.make({ options }).started), { image: 1, video: 1, film: 1 });
});

const NOT_TAKEN: readonly {
  readonly what: string;
  readonly clip?: Parameters<typeof withOwnMedia>[0];
  readonly image?: Partial<ReturnType<typeof imageOf>>;
  readonly buys: Record<string, number>;
}[] = [
  { what: "stale clips", clip: { stale_at: "2026-11-21T09:00:00+00:00" }, buys: { video: 3 } },
  { what: "clips that are too short", clip: { duration_sec: 3 }, buys: { video: 3 } },
  { what: "clips of another shape", clip: { aspect_ratio: "9:16" }, buys: { video: 3 } },
  { what: "clips from another picture", clip: { image_id: null }, buys: { video: 3 } },
  {
    what: "stale pictures",
    image: { stale_at: "2026-11-21T09:00:00+00:00" },
    buys: { image: 3, video: 3 },
  },
  {
    what: "pictures of another shape",
    image: { width: 720, height: 1280 },
    buys: { image: 3, video: 3 },
  },
];

for (const { what, clip, image, buys } of NOT_TAKEN) {
  Deno.test(`decide() does not take of scenes for their shots: ${what}`, () => {
    const world = withOwnMedia(clip);
    world.rows.images = world.rows.images.map((row) => ({ ...row, ...image }));
    const made = world.make({ options: { target_length: 15 } });
    assert.equal(made.end, "succeeded", whyNot(made));
    assert.deepEqual(kindsOf(made.started), { audio: 3, ...buys, film: 1 });
    assert.equal(made.plan.credits, made.started.reduce((sum, { credits }) => sum + credits, 0));
  });
}

Deno.test("decide() leaves the scenes' pictures alone where shots are written", () => {
  const world = withOwnMedia();
  const made = world.make({ options: { target_length: 15, shots_per_scene: 2 } });
  assert.deepEqual(kindsOf(made.started), { audio: 3, frames: 1, image: 6, video: 6, film: 1 });
  assert.equal(made.plan.credits, made.started.reduce((sum, { credits }) => sum + credits, 0));
});

Deno.test("decide() shows no chosen clip for longer than it is: the others make up for it, or it is refused", () => {
  const world = new FakeWorld({ write: () => "a".repeat(36) });
  const options = { target_length: 24, scene_count: 3, video_model: "camera" };
  world.make({ options });
  const short = clipOf({ id: crypto.randomUUID(), image_id: null, duration_sec: 5.04 });
  world.rows.video_clips = [short, ...world.rows.video_clips];
  world.edit("frames", (_, at) => at === 2, { video_clip_id: short.id });
  const again = world.make({ options });
  assert.equal(again.end, "succeeded", whyNot(again));
  assert.deepEqual(kindsOf(again.started), { film: 1 });
  const cut = world.rows.films[0]?.cut as { clip_id: string; duration_sec: number }[];
  assert.deepEqual(cut.map(({ duration_sec }) => duration_sec), [9.48, 9.48, 5.04]);
  // Clips that the user brings along cost nothing, and are no room for others either.
  assert.equal(again.payload.quoted_clip_credits, 2 * 4 * 10);
  // Its narration would be cut off.
  world.edit("scenes", (_, at) => at === 2, { text: "a".repeat(72) });
  const tooLong = world.make({ options });
  assert.ok(tooLong.end === "failed");
  assert.equal(tooLong.error.code, "PLAN_DOES_NOT_FIT");
  assert.match(tooLong.error.message, /scene 3: .*choose a longer clip/);
});
