import assert from "node:assert/strict";
import type { Database } from "../../shared/mod.ts";
import { createProject, signUp, type TestUser, withDatabase } from "./studio.ts";

type Change = Database["public"]["Tables"]["settings"]["Update"];

/** Changes one's own settings as a client does. */
async function prefer(user: TestUser, change: Change): Promise<void> {
  const { data, error } = await user.studio.supabase.from("settings").update(change)
    .eq("user_id", user.id).select().single();
  assert.equal(error, null);
  assert.ok(data);
}

/** A ready picture that no provider drew, so that only the operation under test costs time. */
async function pictureOf(user: TestUser, projectId: string, sceneId: string): Promise<string> {
  return await withDatabase(async (sql) => {
    const [row] = await sql<{ id: string }[]>`
      insert into public.image_assets (user_id, project_id, scene_id, url, status, width, height)
      values (${user.id}, ${projectId}, ${sceneId}, 'https://studio.test/a.jpg', 'ready', 1280, 720)
      returning id`;
    assert.ok(row);
    return row.id;
  });
}

Deno.test("settings: a user's language, tone and model write the script; the request's own win", async () => {
  const user = await signUp();
  await prefer(user, {
    default_language: "ko-KR",
    default_tone: "playful",
    script_model: "gemini-3.5-flash-lite",
  });
  const { project } = await user.studio.call("generate-script", {
    prompt: "A robot learns to dance",
    options: { scene_count: 1 },
  });
  assert.deepEqual([project.language, project.tone], ["ko-KR", "playful"]);
  const own = await user.studio.call("generate-script", {
    prompt: "A robot learns to dance",
    options: { scene_count: 1, language: "de-DE", tone: "dry", model: "gemini-3.8-flash" },
  });
  assert.deepEqual([own.project.language, own.project.tone], ["de-DE", "dry"]);
  const { data: jobs } = await user.studio.supabase.from("jobs").select("model_id").order(
    "created_at",
  );
  assert.deepEqual(jobs?.map(({ model_id }) => model_id), [
    "gemini-3.5-flash-lite",
    "gemini-3.8-flash",
  ]);
});

Deno.test("settings: a user's style and model draw, their voice speaks, and their models render; the request's own win", async () => {
  const user = await signUp();
  const { project, scenes: [scene] } = await createProject(user, ["A boat in the rain"]);
  const scene_id = scene?.id ?? "";
  await prefer(user, {
    default_image_style: "woodcut",
    image_model: "flux-dev",
    default_tts_voice: "en-GB-Neural2-B",
    video_provider: "fal",
  });
  const { studio } = user;
  const drawn = await studio.call("generate-image", { scene_id });
  assert.equal(drawn.image_asset.model, "flux-dev");
  assert.match(drawn.image_asset.prompt, /Style: woodcut/);
  const drawnOwn = await studio.call("generate-image", {
    scene_id,
    style_prompt: "neon",
    model: "flux-schnell",
  });
  assert.equal(drawnOwn.image_asset.model, "flux-schnell");
  assert.match(drawnOwn.image_asset.prompt, /Style: neon/);

  const [spoken] = (await studio.call("generate-audio", { scene_id })).audio_clips;
  assert.deepEqual([spoken?.voice_id, spoken?.provider], ["en-GB-Neural2-B", "google_tts"]);
  const [spokenOwn] = (await studio.call("generate-audio", {
    scene_id,
    voice_id: "en-US-Neural2-A",
  })).audio_clips;
  assert.equal(spokenOwn?.voice_id, "en-US-Neural2-A");

  const clip = async (model?: string) => {
    const { video_clips } = await studio.call("generate-video", {
      project_id: project.id,
      image_ids: [await pictureOf(user, project.id, scene_id)],
      ...(model === undefined ? {} : { model }),
    });
    return video_clips[0];
  };
  assert.equal((await clip())?.provider, "fal");
  assert.equal((await clip("wan-2.5"))?.model_id, "wan-2.5");
  await prefer(user, { video_model: "seedance-1.5-pro" });
  assert.equal((await clip())?.model_id, "seedance-1.5-pro");
  // Nobody waits for what was only asked for to see who would make it.
  await studio.call("delete-project", { project_id: project.id });
});

Deno.test("settings: what no operation could use is refused, and another user's are out of reach", async () => {
  const [user, stranger] = [await signUp(), await signUp()];
  const { supabase } = user.studio;
  const mine = () => supabase.from("settings");
  const wrongKind = await mine().update({ video_model: "google-tts" }).eq("user_id", user.id);
  assert.deepEqual([wrongKind.status, wrongKind.error?.message], [422, "MODEL_INPUT_INVALID"]);
  const retired = await mine().update({ video_model: "sora-2" }).eq("user_id", user.id);
  assert.deepEqual([retired.status, retired.error?.message], [410, "MODEL_RETIRED"]);
  const unknown = await mine().update({ video_provider: "nobody" }).eq("user_id", user.id);
  assert.ok(unknown.error, "a constraint's; which one is a test of the database");
  const theirs = await mine().update({ default_tone: "rude" }).eq("user_id", stranger.id).select();
  assert.deepEqual(theirs.data, []);
});
