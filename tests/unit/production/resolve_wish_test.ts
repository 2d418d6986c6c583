import assert from "node:assert/strict";
import { resolveWish } from "../../../supabase/functions/_shared/production/resolve_wish.ts";
import { clipOf, imageOf, projectOf, sceneOf, settingsOf } from "../../factories.ts";
import { characterOf } from "../../film_factories.ts";
import { FILM_MODELS } from "./film_models.ts";

type Context = Parameters<typeof resolveWish>[0];
type Options = Parameters<typeof resolveWish>[1];

function wishOf(options: Options = {}, context: Partial<Context> = {}) {
  return resolveWish({ settings: settingsOf(), models: FILM_MODELS, ...context }, options);
}

Deno.test("resolveWish() fills in what the request did not say", () => {
  assert.deepEqual(wishOf(), {
    platform: "youtube",
    category: "story",
    tone: "warm",
    language: "en-US",
    target_length: 30,
    scene_count: 3,
    shots_per_scene: 1,
    style: "cinematic, soft light, rich colour",
    voice_id: "en-US-Neural2-C",
    character_count: 0,
    auto_confirm: false,
    script_model: "writer",
    image_model: "painter",
    video_model: "camera",
    speech_model: "narrator",
  });
});

Deno.test("resolveWish() takes the project's words before the settings', and the request's before both", () => {
  const settings = settingsOf({ default_language: "fr-FR", default_tone: "dry" });
  const project = projectOf({ language: "ko-KR", tone: "wild", target_length: 45 });
  const wish = wishOf({}, { settings, project });
  assert.deepEqual([wish.language, wish.tone, wish.target_length], ["ko-KR", "wild", 45]);
  assert.equal(wish.voice_id, "ko-KR-Neural2-A", "a narrator who speaks it");
  const asked = wishOf({ language: "de-DE", tone: "calm", target_length: 20 }, {
    settings,
    project,
  });
  assert.deepEqual([asked.language, asked.tone, asked.target_length], ["de-DE", "calm", 20]);
  assert.equal(wishOf({}, { settings }).language, "fr-FR");
});

Deno.test("resolveWish() counts the scenes that are there, unless they are written anew", () => {
  const scenes = [sceneOf(), sceneOf({ index: 2 })];
  const context = { settings: settingsOf(), models: FILM_MODELS, project: projectOf(), scenes };
  assert.equal(resolveWish(context, { scene_count: 5 }).scene_count, 2);
  assert.equal(resolveWish(context, { scene_count: 5 }, { rewritesScenes: true }).scene_count, 5);
  assert.equal(resolveWish(context, {}, { rewritesScenes: true }).scene_count, 2);
});

Deno.test("resolveWish() makes a film as long as its scenes when only their number is said", () => {
  assert.equal(wishOf({ scene_count: 5 }).target_length, 40);
  const many = wishOf({ scene_count: 5, target_length: 20 });
  assert.deepEqual([many.target_length, many.scene_count], [20, 5]);
});

Deno.test("resolveWish() has a cast drawn by the cheapest model that can keep it", () => {
  assert.equal(wishOf({ character_count: 1 }).image_model, "portraitist");
  assert.equal(wishOf({ character_count: 1, image_model: "master" }).image_model, "master");
  assert.equal(wishOf({}, { characters: [characterOf()] }).image_model, "portraitist");
  const preferred = settingsOf({ image_model: "master" });
  assert.equal(wishOf({ character_count: 1 }, { settings: preferred }).image_model, "master");
  assert.throws(() => wishOf({ character_count: 1, image_model: "painter" }), {
    code: "MODEL_INPUT_INVALID",
    details: { field: "image_model", allowed: ["portraitist", "master"] },
  });
});

Deno.test("resolveWish() never casts fewer than there are", () => {
  const characters = [characterOf(), characterOf({ id: crypto.randomUUID() })];
  assert.equal(wishOf({ character_count: 1 }, { characters }).character_count, 2);
});

Deno.test("resolveWish() refuses models that are unknown, retired, or have not the platform's shape", () => {
  assert.throws(() => wishOf({ video_model: "none" }), { code: "MODEL_INPUT_INVALID" });
  assert.throws(() => wishOf({ video_model: "old-camera" }), { code: "MODEL_RETIRED" });
  assert.throws(() => wishOf({ video_model: "fine-camera", platform: "tiktok" }), {
    code: "MODEL_INPUT_INVALID",
  });
  assert.equal(wishOf({ video_model: "camera", platform: "tiktok" }).platform, "tiktok");
});

Deno.test("resolveWish() refuses more scenes than the writer takes, and more shots than a scene", () => {
  const models = FILM_MODELS.map((model) =>
    model.kind === "script" ? { ...model, limits: { max_scenes: 4 } } : model
  );
  assert.throws(() => wishOf({ scene_count: 5 }, { models }), { code: "MODEL_INPUT_INVALID" });
  assert.equal(wishOf({ target_length: 90 }, { models }).scene_count, 4, "as many as it takes");
  assert.throws(() => wishOf({ scene_count: 1, target_length: 600 }), {
    code: "MODEL_INPUT_INVALID",
    details: { field: "scene_count", model: "camera", limit: 20 },
  });
});

Deno.test("resolveWish() films with no model that needs two pictures, asked for or preferred", () => {
  assert.throws(() => wishOf({ video_model: "two-picture-camera" }), {
    code: "MODEL_INPUT_INVALID",
    message: /a picture of the clip's end too/,
  });
  const settings = settingsOf({ video_model: "two-picture-camera" });
  assert.equal(wishOf({}, { settings }).video_model, "camera");
});

Deno.test("resolveWish() goes on as it was wished for last, so that nothing is bought in another look", () => {
  const asked = {
    style: "ink on paper",
    shots_per_scene: 2,
    character_count: 2,
    auto_confirm: true,
    voice_id: "en-US-Neural2-J",
    image_model: "master",
    video_model: "cheap-camera",
    target_length: 32,
    scene_count: 4,
  };
  const wish = wishOf(asked);
  const project = projectOf({ target_length: 32 });
  const scenes = [1, 2, 3, 4].map((index) => sceneOf({ index }));
  assert.deepEqual(wishOf({}, { project, scenes, history: { wish } }), wish);
  assert.equal(wishOf({ style: "oil" }, { project, history: { wish } }).style, "oil");
  const korean = projectOf({ language: "ko-KR" });
  assert.equal(wishOf({}, { project: korean, history: { wish } }).voice_id, "ko-KR-Neural2-A");
  const one = { project, characters: [characterOf()], history: { wish } };
  assert.equal(wishOf({}, one).character_count, 1, "who was taken out is not cast again");
});

Deno.test("resolveWish() keeps a model that was retired since, where the project has work of it", () => {
  const asked = { image_model: "master", video_model: "cheap-camera" };
  const wish = wishOf(asked);
  const models = FILM_MODELS.map((model) =>
    Object.values(asked).includes(model.id)
      ? { ...model, retired_at: "2026-11-01T00:00:00+00:00", replaced_by: "camera" }
      : model
  );
  const again = { project: projectOf(), history: { wish }, models };
  const chosen = (context: Partial<Context>, options: Options = {}) => {
    const { image_model, video_model } = wishOf(options, { ...again, ...context });
    return { image_model, video_model };
  };
  const work = {
    images: [imageOf({ model: "master" })],
    video_clips: [clipOf({ model_id: "cheap-camera" })],
  };
  assert.deepEqual(chosen(work), asked);
  const replaced = { image_model: "painter", video_model: "camera" };
  assert.deepEqual(chosen({}), replaced, "nothing of it is there to be kept");
  assert.deepEqual(chosen({ ...work, video_clips: [] }), { ...asked, video_model: "camera" });
  assert.deepEqual(chosen(work, replaced), replaced, "who asks for others gets them");
  assert.throws(() => wishOf(asked, { ...again, ...work }), { code: "MODEL_RETIRED" });
  const alone = models.map((model) => model.id === "master" ? { ...model, limits: {} } : model);
  const cast = { ...work, models: alone };
  assert.equal(chosen(cast, { character_count: 1 }).image_model, "portraitist");
});
