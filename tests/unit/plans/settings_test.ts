import { generateAudioRequest } from "../../../shared/contract/media_operations.ts";
import assert from "node:assert/strict";
import { planAudio } from "../../../supabase/functions/_shared/plans/plan_audio.ts";
import { planClips } from "../../../supabase/functions/_shared/plans/plan_clips.ts";
import { planImages } from "../../../supabase/functions/_shared/plans/plan_images.ts";
import { planScript } from "../../../supabase/functions/_shared/plans/plan_script.ts";
import { IDS, modelOf, projectOf, settingsOf, studioOf } from "../../factories.ts";

type Settings = Parameters<typeof settingsOf>[0];

/** Two models of each of two providers, of which only the first is a default, and one that speaks. */
const models = [
  modelOf({ id: "first", provider: "kie" }),
  modelOf({ id: "second", provider: "kie", is_default: false }),
  modelOf({ id: "elsewhere", provider: "fal", is_default: false }),
  modelOf({ id: "other", provider: "fal", is_default: false }),
  modelOf({ id: "speaker", provider: "google_tts", is_default: false }),
];

function studio(settings: Settings) {
  return studioOf({ models, settings: settingsOf(settings) });
}

function script(settings: Settings, options: Parameters<typeof planScript>[1]["options"] = {}) {
  const job = planScript(studio(settings), { prompt: "A boat", options });
  const { language, tone } = job.payload as { language: string; tone: string };
  return { model: job.model_id, language, tone };
}

function image(settings: Settings, body: { style_prompt?: string; model?: string } = {}) {
  const [job] = planImages(studio(settings), { scene_id: IDS.scene, num_images: 1, ...body });
  return { model: job?.model_id, prompt: (job?.asset as { prompt: string }).prompt };
}

function audio(settings: Settings, body: { voice_id?: string } = {}, language = "en-US") {
  const given = { ...studio(settings), project: projectOf({ language }) };
  const [job] = planAudio(given, generateAudioRequest.parse({ scene_id: IDS.scene, ...body }));
  return { model: job?.model_id, voice: (job?.asset as { voice_id: string }).voice_id };
}

function clip(settings: Settings, body: { model?: string } = {}) {
  const [job] = planClips(studio(settings), {
    project_id: IDS.project,
    image_ids: [IDS.image],
    ...body,
  });
  return job?.model_id;
}

Deno.test("settings.default_language writes the script, unless the request says otherwise", () => {
  assert.equal(script({ default_language: "ko-KR" }).language, "ko-KR");
  assert.equal(script({ default_language: "ko-KR" }, { language: "de-DE" }).language, "de-DE");
});

Deno.test("settings.default_tone sets the script's tone, unless the request says otherwise", () => {
  assert.equal(script({ default_tone: "dry" }).tone, "dry");
  assert.equal(script({ default_tone: "dry" }, { tone: "wild" }).tone, "wild");
});

Deno.test("settings.script_model writes the script, unless the request says otherwise", () => {
  assert.equal(script({}).model, "first");
  assert.equal(script({ script_model: "second" }).model, "second");
  assert.equal(script({ script_model: "second" }, { model: "other" }).model, "other");
});

Deno.test("settings.default_image_style is in the prompt, unless the request has a style", () => {
  assert.match(image({ default_image_style: "woodcut" }).prompt, /Style: woodcut/);
  const own = image({ default_image_style: "woodcut" }, { style_prompt: "neon" }).prompt;
  assert.match(own, /Style: neon/);
  assert.doesNotMatch(own, /woodcut/);
});

Deno.test("settings.image_model draws, unless the request says otherwise", () => {
  assert.equal(image({ image_model: "second" }).model, "second");
  assert.equal(image({ image_model: "second" }, { model: "other" }).model, "other");
});

Deno.test("settings.default_tts_voice speaks where it speaks the language, unless the request has a voice", () => {
  const settings = { default_tts_voice: "en-GB-Neural2-B" };
  assert.equal(audio(settings).voice, "en-GB-Neural2-B");
  assert.equal(audio(settings, { voice_id: "en-US-Neural2-A" }).voice, "en-US-Neural2-A");
  assert.equal(audio(settings, {}, "ko-KR").voice, "ko-KR-Neural2-A", "a voice for the language");
});

Deno.test("settings.tts_provider chooses whose model speaks", () => {
  assert.equal(audio({ tts_provider: "kie" }).model, "first");
  assert.equal(audio({ tts_provider: "fal" }).model, "elsewhere");
});

Deno.test("settings.video_provider chooses whose model renders, unless a model is preferred or asked for", () => {
  assert.equal(clip({ video_provider: "fal" }), "elsewhere");
  assert.equal(clip({ video_provider: "fal", video_model: "second" }), "second");
  assert.equal(clip({ video_provider: "fal" }, { model: "second" }), "second");
});

Deno.test("settings.video_model renders, unless the request says otherwise or it was retired since", () => {
  assert.equal(clip({ video_model: "other" }), "other");
  assert.equal(clip({ video_model: "other" }, { model: "second" }), "second");
  const retired = models.map((model) =>
    model.id === "other" ? { ...model, retired_at: "2026-11-21T09:00:00+00:00" } : model
  );
  const given = { ...studio({ video_model: "other" }), models: retired };
  const [job] = planClips(given, { project_id: IDS.project, image_ids: [IDS.image] });
  assert.equal(job?.model_id, "first");
});
