import assert from "node:assert/strict";
import fc from "fast-check";
import { FILM_STAGES } from "../../../shared/contract/statuses.ts";
import { decide } from "../../../supabase/functions/_shared/production/decide.ts";
import { quoteFilm } from "../../../supabase/functions/_shared/production/quote_film.ts";
import { clipOf, imageOf } from "../../factories.ts";
import { type Ending, FakeWorld, randomFrom, type Started } from "./fake_world.ts";

/** Two scenes of two shots each, with two characters who take turns. */
const CAST = {
  target_length: 16,
  scene_count: 2,
  shots_per_scene: 2,
  character_count: 2,
  auto_confirm: true,
};
const inTurns = (shot: number) => [shot % 2];

function kindsOf(started: readonly Started[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of started) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** What a run failed of. */
function whyNot(run: { readonly end: string; readonly error?: Error }): string {
  return `${run.end}: ${run.error?.message}`;
}

/** Fails children whose key begins so, with a code. */
function failing(prefix: string, code: string, times = 1): Ending {
  let left = times;
  return ({ child_key }) => child_key.startsWith(prefix) && left-- > 0 ? code : null;
}

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

for (const [what, prefix] of [["picture", "image:"], ["clip", "video:"], ["cast", "reference:"]]) {
  Deno.test(`decide() tries a ${what} that was refused once more in milder words, and not again`, () => {
    const world = new FakeWorld({ seen: inTurns });
    const { payload } = world.plan({ options: CAST });
    const made = world.run(payload, failing(prefix ?? "", "CONTENT_REFUSED"));
    assert.equal(made.end, "succeeded");
    const [refused, milder] = made.started.filter(({ child_key, state }) =>
      child_key.startsWith(prefix ?? "") &&
      (state === "failed" || promptOf(made.started, child_key).startsWith("A gentle"))
    );
    assert.ok(refused !== undefined && milder !== undefined);
    assert.ok(
      promptOf(made.started, milder.child_key).endsWith(
        promptOf(made.started, refused.child_key),
      ),
    );
    // The milder one stands: the words that were refused are not sent again.
    assert.equal(world.plan({ options: CAST }).plan.credits, 0);
    assert.equal(world.make({ options: CAST }).started.length, 0);
  });

  Deno.test(`decide() fails when a ${what} is refused in milder words too`, () => {
    const world = new FakeWorld({ seen: () => [0] });
    const one = {
      ...CAST,
      character_count: 1,
      target_length: 5,
      scene_count: 1,
      shots_per_scene: 1,
    };
    const { payload } = world.plan({ options: one });
    const made = world.run(payload, failing(prefix ?? "", "CONTENT_REFUSED", 2));
    assert.ok(made.end === "failed");
    assert.equal(made.error.code, "CONTENT_REFUSED");
    const tried = made.started.filter(({ child_key }) => child_key.startsWith(prefix ?? ""));
    assert.equal(tried.length, 2);
  });
}

function promptOf(started: readonly Started[], key: string): string {
  const item = started.find(({ child_key }) => child_key === key)?.item;
  const payload = item?.payload as { request: { prompt: string } };
  return payload.request.prompt;
}

Deno.test("decide() does not reword what failed for another reason", () => {
  const world = new FakeWorld();
  const { payload } = world.plan({ options: { target_length: 5 } });
  const made = world.run(payload, failing("image:", "PROVIDER_FAILED"));
  assert.equal(made.end, "failed");
  assert.equal(kindsOf(made.started)["image"], 1);
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
