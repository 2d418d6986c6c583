import assert from "node:assert/strict";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import type { StudioContext } from "../../../supabase/functions/_shared/database/studio_context.ts";
import { planClips } from "../../../supabase/functions/_shared/plans/plan_clips.ts";
import { fillPreset } from "../../../supabase/functions/_shared/preset_prompt.ts";
import {
  audioOf,
  IDS,
  imageOf,
  modelOf,
  presetOf,
  sceneOf,
  settingsOf,
  studioOf,
} from "../../factories.ts";

const model = modelOf({
  limits: { durations_sec: [5, 10], aspect_ratios: ["16:9", "9:16"], max_prompt_chars: 100 },
});

function plan(body: object, overrides: Partial<StudioContext> = {}) {
  return planClips(studioOf({ models: [model], ...overrides }), {
    project_id: IDS.project,
    ...body,
  });
}

function refused(body: object, code: string, overrides: Partial<StudioContext> = {}): void {
  try {
    plan(body, overrides);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, code, error.message);
    return;
  }
  assert.fail(`was not refused with ${code}`);
}

Deno.test("planClips() plans one clip a picture in the order asked for, and buys its seconds", () => {
  const other = imageOf({ id: crypto.randomUUID(), is_main: false });
  const images = [imageOf(), other];
  const jobs = plan({ image_ids: [other.id, IDS.image], duration_sec: 10 }, { images });
  assert.deepEqual(jobs.map(({ asset }) => (asset as { image_id: string }).image_id), [
    other.id,
    IDS.image,
  ]);
  for (const job of jobs) {
    assert.deepEqual([job.kind, job.units, job.model_id], ["video", 10, model.id]);
    const { request } = job.payload as { request: Record<string, unknown> };
    assert.equal(request["durationSeconds"], 10);
    assert.equal(request["aspectRatio"], "16:9");
    assert.match(String(request["imageUrl"]), /^https:/);
  }
});

Deno.test("planClips() takes a scene's main picture, and any ready one when none is chosen", () => {
  const spare = imageOf({ id: crypto.randomUUID(), is_main: false });
  const main = imageOf({ id: crypto.randomUUID() });
  const imageFor = (images: StudioContext["images"]) =>
    plan({ scene_ids: [IDS.scene] }, { images }).map(({ asset }) =>
      (asset as { image_id: string }).image_id
    );
  assert.deepEqual(imageFor([spare, main]), [main.id]);
  assert.deepEqual(imageFor([spare]), [spare.id]);
  refused({ scene_ids: [IDS.scene] }, "STATE_CONFLICT", { images: [] });
});

Deno.test("planClips() makes a clip as long as its narration, by the model's own durations", () => {
  const lengthFor = (narrationSeconds: number) => {
    const audio_clips = [audioOf({ duration_sec: narrationSeconds })];
    return plan({ image_ids: [IDS.image] }, { audio_clips })[0]?.units;
  };
  assert.deepEqual([0.1, 4.7, 4.71, 5, 9.7, 30].map(lengthFor), [5, 5, 10, 10, 10, 10]);
  assert.equal(plan({ image_ids: [IDS.image] })[0]?.units, 5, "without narration");
});

Deno.test("planClips() refuses what the model does not take, and what is not in the project", () => {
  const image_ids = [IDS.image];
  refused({ image_ids, duration_sec: 7 }, "MODEL_INPUT_INVALID");
  refused({ image_ids, aspect_ratio: "21:9" }, "MODEL_INPUT_INVALID");
  refused({ image_ids, prompt: "x".repeat(101) }, "MODEL_INPUT_INVALID");
  refused({ image_ids, model: "nope" }, "MODEL_INPUT_INVALID");
  refused({ image_ids: [crypto.randomUUID()] }, "NOT_FOUND");
  refused({ scene_ids: [crypto.randomUUID()] }, "NOT_FOUND");
});

Deno.test("planClips() follows an uploaded picture's shape when nobody says another", () => {
  const images = [imageOf({ source: "uploaded", width: 720, height: 1280, scene_id: null })];
  const [job] = plan({ image_ids: [IDS.image] }, { images, scenes: [sceneOf()] });
  assert.equal((job?.asset as { aspect_ratio: string }).aspect_ratio, "9:16");
});

Deno.test("planClips() plans a clip to end at a picture, for models whose row says so, and asks it of those that need it", () => {
  const last = imageOf({ id: crypto.randomUUID(), is_main: false, url: "https://x.test/den.jpg" });
  const images = [imageOf(), last];
  const limitsOf = (more: object) => ({ durations_sec: [5], aspect_ratios: ["16:9"], ...more });
  const models = [
    modelOf({ id: "plain", limits: limitsOf({}) }),
    modelOf({ id: "both", is_default: false, limits: limitsOf({ last_frame: true }) }),
    modelOf({
      id: "bridge",
      is_default: false,
      limits: limitsOf({ last_frame: true, last_frame_required: true }),
    }),
  ];
  const body = { image_ids: [IDS.image], last_image_id: last.id };
  const lastUrlOf = (more: object) => {
    const [job] = plan({ ...body, ...more }, { images, models });
    return (job?.payload as { request: Record<string, unknown> }).request["lastImageUrl"];
  };
  assert.equal(lastUrlOf({ model: "both" }), last.url);
  assert.equal(lastUrlOf({ model: "bridge" }), last.url);
  assert.equal(lastUrlOf({ model: "both", last_image_id: undefined }), undefined);
  const wrong: [object, string[]][] = [
    [{}, ["both", "bridge"]],
    [{ model: "bridge", last_image_id: undefined }, ["plain", "both"]],
  ];
  for (const [more, allowed] of wrong) {
    assert.throws(() => lastUrlOf(more), (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "MODEL_INPUT_INVALID");
      const { field, allowed: seen } = error.details as { field: string; allowed: string[] };
      assert.deepEqual([field, seen], ["last_image_id", allowed]);
      return true;
    });
  }
  refused({ ...body, model: "both", last_image_id: crypto.randomUUID() }, "NOT_FOUND", {
    images,
    models,
  });
});

/** The one job of a clip in a style. */
function inStyle(
  style: Parameters<typeof planClips>[2],
  { body = {}, ...overrides }: { body?: object } & Partial<StudioContext> = {},
) {
  const request = { project_id: IDS.project, image_ids: [IDS.image], ...body };
  const [job] = planClips(studioOf({ models: [model], ...overrides }), request, style);
  assert.ok(job);
  return {
    job,
    asset: job.asset as Record<string, unknown>,
    prompt: (job.payload as { request: { prompt: string } }).request.prompt,
  };
}

Deno.test("planClips() asks for a style's prompt, and keeps it with the style's name and its writer", () => {
  const preset = presetOf();
  const filled = fillPreset(preset, { image: imageOf(), prompt: "at night" });
  const body = { prompt: "at night" };
  const plain = inStyle({ preset }, { body });
  assert.equal(plain.prompt, filled);
  assert.deepEqual(
    [plain.asset["prompt"], plain.asset["preset"], plain.asset["prompt_by"]],
    [filled, "hip-hop", "template"],
  );
  const polished = new Map([[filled, { prompt: "A better one", by: "model" as const }]]);
  const better = inStyle({ preset, polished }, { body });
  assert.deepEqual(
    [better.prompt, better.asset["prompt"], better.asset["prompt_by"]],
    ["A better one", "A better one", "model"],
  );
  const long = inStyle({ preset: presetOf({ prompt_template: "💃".repeat(200) }) });
  assert.equal(long.prompt, "💃".repeat(100), "as much as the model takes");
});

Deno.test("planClips() says whose words a prompt without a style is", () => {
  const writer = (body: object) => inStyle(undefined, { body }).asset["prompt_by"];
  assert.equal(writer({ prompt: "mine" }), "user");
  assert.equal(writer({}), "template");
  assert.equal(inStyle(undefined).asset["preset"], undefined);
});

Deno.test("planClips() takes a style's length, shape and model where the request says none", () => {
  const sample_settings = { duration_sec: 10, aspect_ratio: "9:16", model: "other" } as const;
  const style = { preset: presetOf({ sample_settings }) };
  const other = modelOf({ id: "other", is_default: false, limits: model.limits });
  const models = [model, other];
  const chosen = ({ job, asset }: ReturnType<typeof inStyle>) => [
    job.units,
    asset["aspect_ratio"],
    job.model_id,
  ];
  assert.deepEqual(chosen(inStyle(style, { models })), [10, "9:16", "other"]);
  const body = { duration_sec: 5, aspect_ratio: "16:9", model: model.id };
  assert.deepEqual(chosen(inStyle(style, { models, body })), [5, "16:9", model.id]);
});

Deno.test("planClips() goes on without what a style recommends and the model or catalogue has not", () => {
  const sample_settings = { duration_sec: 7, aspect_ratio: "21:9", model: "gone" } as const;
  const style = { preset: presetOf({ sample_settings }) };
  const retired = modelOf({ id: "gone", is_default: false, retired_at: "2026-01-01T00:00:00Z" });
  const { job, asset } = inStyle(style, { models: [model, retired] });
  assert.deepEqual([job.units, asset["aspect_ratio"], job.model_id], [10, "16:9", model.id]);
  const script = modelOf({ id: "gone", kind: "script" });
  assert.equal(inStyle(style, { models: [script, model] }).job.model_id, model.id);
  const settings = settingsOf({ video_provider: "fal" });
  const fal = modelOf({ id: "of-fal", provider: "fal", is_default: false });
  assert.equal(inStyle(style, { models: [model, fal], settings }).job.model_id, "of-fal");
});
