import assert from "node:assert/strict";
import { parseOggOpus } from "../../supabase/functions/_shared/media/ogg_opus.ts";
import { as, createProject, ledgerOf, post, providerCalls, signUp, uniqueWord } from "./studio.ts";
import type { TestUser } from "./studio.ts";

/** Speaks one scene and gives its ready row, what was charged, and the file. */
async function speak(
  user: TestUser,
  request: Parameters<typeof user.studio.call<"generate-audio">>[1],
) {
  const { audio_clips, jobs, credits_charged } = await user.studio.call("generate-audio", request);
  await user.studio.watch(jobs.map((job) => job.id));
  const { data: clip } = await user.studio.supabase.from("audio_clips").select()
    .eq("id", audio_clips[0]?.id ?? "").single();
  assert.equal(clip?.status, "ready", JSON.stringify(clip?.error));
  const response = await fetch(clip.url ?? "");
  const file = new Uint8Array(await response.arrayBuffer());
  return { clip, model: jobs[0]?.model_id, credits_charged, response, file };
}

Deno.test("generate-audio makes Ogg Opus that is stored, measured and served as such", async () => {
  const user = await signUp();
  const { scenes } = await createProject(user, ["A fox walks along the quiet shore."]);
  const scene_id = scenes[0]?.id ?? "";
  const { clip, response, file } = await speak(user, { scene_id, format: "ogg" });
  assert.equal(clip.format, "ogg");
  assert.match(clip.url ?? "", /\/audio\/[0-9a-f-]{36}\.ogg$/);
  assert.equal(response.headers.get("content-type"), "audio/ogg");
  assert.equal(parseOggOpus(file).durationSeconds, clip.duration_sec);
  const mp3 = await speak(user, { scene_id });
  assert.deepEqual([mp3.clip.format, mp3.response.headers.get("content-type")], [
    "mp3",
    "audio/mpeg",
  ]);
});

Deno.test("generate-audio charges by the voice's family", async () => {
  const user = await signUp();
  const { scenes } = await createProject(user, ["x ".repeat(1000)]);
  const scene_id = scenes[0]?.id ?? "";
  const charged: Record<string, number> = {};
  for (
    const voice_id of [
      "en-US-Standard-A",
      "en-US-Wavenet-A",
      "en-US-Neural2-A",
      "en-US-Chirp3-HD-Kore",
      "en-US-Studio-O",
    ]
  ) {
    const answer = await post("generate-audio", { scene_id, voice_id, speed: 2 }, as(user));
    assert.equal(answer.status, 202, answer.text);
    const [job] = answer.json["jobs"] as { model_id: string }[];
    charged[job?.model_id ?? ""] = Number(answer.json["credits_charged"]);
  }
  // 2000 characters at 0.4, 0.4, 1.6, 3 and 16 a thousand, rounded up.
  assert.deepEqual(charged, {
    "google-tts-standard": 1,
    "google-tts-wavenet": 1,
    "google-tts-neural2": 4,
    "google-tts-chirp3-hd": 6,
    "google-tts-studio": 32,
  });
});

Deno.test("generate-audio speaks SSML given for a scene, and a scene that is SSML", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const own = `<speak>Own ${word}.</speak>`;
  const { scenes } = await createProject(user, [own]);
  const scene_id = scenes[0]?.id ?? "";
  await speak(user, { scene_id, ssml: true });
  const given = `<speak>Given ${word}. <break time="2s"/> Done.</speak>`;
  const { clip } = await speak(user, { scene_id, ssml: given });
  assert.ok((clip.duration_sec ?? 0) > 2);
  const calls = await providerCalls("google_tts", "synthesize", word);
  assert.deepEqual(calls.map((call) => JSON.parse(call.body).input), [
    { ssml: own },
    { ssml: given },
  ]);
});

Deno.test("generate-audio refuses voices and SSML that can't be spoken before any charge, with what can", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["Plain text"]);
  const scene_id = scenes[0]?.id ?? "";
  const ssml = "<speak>Hi</speak>";
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ scene_id, voice_id: "en-US-Neural2-Q" }, /"allowed":\[.*"en-US-Neural2-C"/],
    [{ scene_id, voice_id: "en-US-News-K" }, /"families":\[.*"Neural2"/],
    [{ scene_id, voice_id: "en-US-Studio-O", pitch: 3 }, /"families":\[.*"Standard"/],
    [{ scene_id, voice_id: "en-US-Chirp3-HD-Kore", ssml }, /"families":\[.*"Studio"/],
    [{ scene_id, ssml: true }, /"field":"ssml"/],
    [{ project_id: project.id, ssml: true }, /"field":"ssml"/],
    [{ scene_id, ssml: `<speak>${"둘".repeat(1700)}</speak>` }, /"limit":5000/],
  ];
  for (const [body, details] of cases) {
    const answer = await post("generate-audio", body, as(user));
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json["code"], "MODEL_INPUT_INVALID");
    assert.match(JSON.stringify(answer.json["details"]), details);
  }
  assert.equal((await ledgerOf(user.id)).charges, 0);
});

Deno.test("a model that jobs of the past refer to is retired, with its successor named", async () => {
  const user = await signUp();
  const { data } = await user.studio.supabase.from("models").select("id, retired_at, replaced_by")
    .eq("id", "google-tts").single();
  assert.equal(data?.replaced_by, "google-tts-neural2");
  assert.ok(data.retired_at !== null);
});
