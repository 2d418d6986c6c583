import assert from "node:assert/strict";
import { generateAudioRequest } from "../../../shared/contract/media_operations.ts";
import { AppError } from "../../../supabase/functions/_shared/app_error.ts";
import { planAudio } from "../../../supabase/functions/_shared/plans/plan_audio.ts";
import { IDS, modelOf, projectOf, sceneOf, settingsOf, studioOf } from "../../factories.ts";

const speech = (id: string, limits: Record<string, string[] | boolean | number>, more = {}) =>
  modelOf({ id, kind: "speech", provider: "google_tts", limits, ...more });

const MODELS = [
  speech("standard", { voice_families: ["Standard"], max_chars: 100, max_ssml_bytes: 60 }),
  speech("neural2", { voice_families: ["Neural2", "Polyglot"] }),
  speech("chirp", { voice_families: ["Chirp3-HD"], takes_ssml: false, takes_pitch: false }),
  speech("studio", { voice_families: ["Studio"], takes_pitch: false }),
  speech("retired", { voice_families: ["News"] }, { retired_at: "2026-01-01T00:00:00Z" }),
  modelOf({ id: "others", kind: "speech", provider: "another", limits: {} }),
];

const SCENES = [
  sceneOf({ text: "<speak>One<break time='1s'/></speak>" }),
  sceneOf({ id: crypto.randomUUID(), index: 2, text: "Two. 둘" }),
];

function plan(body: Record<string, unknown>, overrides = {}) {
  const studio = studioOf({ models: MODELS, scenes: SCENES, ...overrides });
  return planAudio(studio, generateAudioRequest.parse({ project_id: IDS.project, ...body }));
}

/** The details of a refusal. */
function refused(body: Record<string, unknown>, overrides = {}): unknown {
  try {
    plan(body, overrides);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "MODEL_INPUT_INVALID", error.message);
    return error.details;
  }
  return assert.fail("It was planned");
}

const payloads = (jobs: ReturnType<typeof plan>) =>
  jobs.map((job) => JSON.parse(JSON.stringify(job.payload)).request);

for (
  const [voice_id, model] of [
    ["en-US-Standard-B", "standard"],
    ["en-US-Neural2-C", "neural2"],
    ["en-US-Polyglot-1", "neural2"],
    ["cmn-CN-Chirp3-HD-Kore", "chirp"],
    ["es-419-Studio-B", "studio"],
  ]
) {
  Deno.test(`planAudio() buys ${model} for the voice ${voice_id}`, () => {
    const jobs = plan({ voice_id });
    assert.deepEqual(jobs.map((job) => job.model_id), [model, model]);
    // Code points, not bytes.
    assert.equal(jobs[1]?.units, 6 / 1000);
  });
}

Deno.test("planAudio() refuses voices of families that are not offered, with those that are", () => {
  const families = ["Standard", "Neural2", "Polyglot", "Chirp3-HD", "Studio"];
  for (const voice_id of ["en-US-News-K", "en-US-Journey-D", "en-US-Chirp-HD-F"]) {
    assert.deepEqual(refused({ voice_id }), { field: "voice_id", families });
  }
  assert.deepEqual(refused({ voice_id: "en-Kore" }), { field: "voice_id" });
});

Deno.test("planAudio() checks the voice of the user's settings like one that is asked for", () => {
  const settings = settingsOf({ default_tts_voice: "en-US-News-K" });
  assert.match(JSON.stringify(refused({}, { settings })), /Neural2/);
  // The project speaks another language than that voice: it is not used at all.
  const project = projectOf({ language: "ko-KR" });
  assert.equal(payloads(plan({}, { settings, project }))[0].voiceId, "ko-KR-Neural2-A");
});

Deno.test("planAudio() takes any voice while the catalogue names no families", () => {
  const [job] = plan({ voice_id: "en-US-News-K" }, { models: [speech("google-tts", {})] });
  assert.equal(job?.model_id, "google-tts");
});

Deno.test("planAudio() refuses pitch for voices that have none, with the families that do; 0 is no pitch", () => {
  const voice_id = "en-US-Studio-O";
  assert.deepEqual(refused({ voice_id, pitch: -2 }), {
    field: "pitch",
    model: "studio",
    families: ["Standard", "Neural2", "Polyglot"],
  });
  assert.equal(plan({ voice_id, pitch: 0 }).length, 2);
});

Deno.test("planAudio() refuses SSML for voices that do not take it, with the families that do", () => {
  assert.deepEqual(refused({ voice_id: "en-US-Chirp3-HD-Kore", ssml: true }), {
    field: "ssml",
    model: "chirp",
    families: ["Standard", "Neural2", "Polyglot", "Studio"],
  });
});

Deno.test("planAudio() speaks a scene's own SSML, or one that is given for it", () => {
  const voice_id = "en-US-Neural2-C";
  const ssml = "<speak>Else</speak>";
  const one = { project_id: undefined, scene_id: IDS.scene, voice_id };
  const [own] = payloads(plan({ ...one, ssml: true }));
  assert.deepEqual([own.text, own.ssml], [SCENES[0]?.text, true]);
  const [job] = plan({ ...one, ssml });
  assert.equal(job?.units, ssml.length / 1000);
  const [given] = payloads(plan({ ...one, ssml }));
  assert.deepEqual([given.text, given.ssml], [ssml, true]);
  const [plain] = payloads(plan({ ...one }));
  assert.deepEqual([plain.ssml, plain.format], [false, "mp3"]);
});

Deno.test("planAudio() refuses what is no SSML, and SSML too large for one request, in bytes", () => {
  const one = { project_id: undefined, scene_id: IDS.scene, voice_id: "en-US-Standard-A" };
  for (const ssml of ["Hello", "<speak>Hello", "<speaker>Hi</speaker>", "<speak/>"]) {
    assert.deepEqual(refused({ ...one, ssml }), { field: "ssml", model: "standard" });
  }
  // The second scene of the project is plain text.
  assert.deepEqual(refused({ voice_id: "en-US-Standard-A", ssml: true }), {
    field: "ssml",
    model: "standard",
  });
  const ssml = `<speak>${"둘".repeat(20)}</speak>`;
  assert.ok(ssml.length < 60);
  assert.deepEqual(refused({ ...one, ssml }), { field: "ssml", model: "standard", limit: 60 });
});

Deno.test("planAudio() refuses a text longer than the model takes", () => {
  const scenes = [sceneOf({ text: "x".repeat(101) })];
  assert.deepEqual(refused({ voice_id: "en-US-Standard-A" }, { scenes }), {
    field: "text",
    model: "standard",
    limit: 100,
  });
});

Deno.test("planAudio() writes the format that is asked for on row and payload", () => {
  const [job] = plan({ format: "ogg" });
  assert.equal(Reflect.get(Object(job?.asset), "format"), "ogg");
  assert.equal(payloads(plan({ format: "ogg" }))[0].format, "ogg");
});
