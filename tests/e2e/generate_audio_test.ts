import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  setFault,
  signUp,
  stack,
  uniqueWord,
} from "./studio.ts";

Deno.test("generate-audio speaks every scene of a project, in order, measured", async () => {
  const user = await signUp();
  const { project } = await createProject(user, [
    "One short sentence.",
    "A second sentence that is a good deal longer than the first one was.",
    "Third.",
  ]);
  const answer = await post("generate-audio", { project_id: project.id }, as(user));
  assert.equal(answer.status, 202, answer.text);
  const body = OPERATIONS["generate-audio"].response.parse(answer.json);
  assert.equal(body.audio_clips.length, 3);
  await user.studio.watch(body.jobs.map((job) => job.id));
  const { data } = await user.studio.supabase.from("audio_clips").select("*, scenes(index)")
    .eq("project_id", project.id);
  const clips = body.audio_clips.map((clip) => data?.find((row) => row.id === clip.id));
  for (const clip of clips) {
    assert.equal(clip?.status, "ready", JSON.stringify(clip?.error));
    assert.ok(clip?.url?.startsWith(stack.url));
    const audio = await fetch(clip?.url ?? "");
    assert.equal(audio.headers.get("content-type"), "audio/mpeg");
    assert.ok((await audio.arrayBuffer()).byteLength > 1000);
  }
  assert.ok((clips[1]?.duration_sec ?? 0) > (clips[2]?.duration_sec ?? 0));
});

Deno.test("generate-audio speaks one scene with the voice and speed asked for", async () => {
  const user = await signUp();
  const { scenes } = await createProject(user, ["The same words at two speeds."]);
  const scene_id = scenes[0]?.id ?? "";
  const slow = await user.studio.call("generate-audio", {
    scene_id,
    voice_id: "en-US-Neural2-D",
    speed: 0.5,
  });
  const fast = await user.studio.call("generate-audio", {
    scene_id,
    voice_id: "en-US-Neural2-D",
    speed: 2,
  });
  await user.studio.watch([...slow.jobs, ...fast.jobs].map((job) => job.id));
  const { data } = await user.studio.supabase.from("audio_clips").select("*").eq(
    "scene_id",
    scene_id,
  );
  const seconds = (id: string | undefined) => data?.find((row) => row.id === id)?.duration_sec ?? 0;
  assert.ok(seconds(slow.audio_clips[0]?.id) > 2 * seconds(fast.audio_clips[0]?.id));
});

Deno.test("one scene's failure stops no other scene's narration, and is refunded alone", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const { project } = await createProject(user, ["First.", `Second, with ${word}.`, "Third."]);
  await setFault({
    provider: "google_tts",
    operation: "synthesize",
    kind: "disabled_api",
    matching: word,
  });
  const { jobs } = await user.studio.call("generate-audio", { project_id: project.id });
  const ended = await user.studio.watch(jobs.map((job) => job.id));
  const states = jobs.map((job) => ended.find((row) => row.id === job.id)?.state);
  assert.deepEqual(states, ["succeeded", "failed", "succeeded"]);
  const ledger = await ledgerOf(user.id);
  assert.equal(ledger.refunds, 1);
  assert.equal(ledger.sum, ledger.balance);
});

Deno.test("generate-audio refuses bad input before any charge", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["One scene"]);
  const { data: empty } = await user.studio.supabase.from("projects").insert({ title: "Empty" })
    .select().single();
  const cases: [unknown, number, string][] = [
    [{}, 400, "VALIDATION_FAILED"],
    [{ project_id: project.id, speed: 3 }, 400, "VALIDATION_FAILED"],
    [{ project_id: project.id, pitch: -21 }, 400, "VALIDATION_FAILED"],
    [{ project_id: project.id, volume_gain_db: 17 }, 400, "VALIDATION_FAILED"],
    [{ scene_id: scenes[0]?.id, voice_id: "../../etc" }, 400, "VALIDATION_FAILED"],
    [{ project_id: empty?.id }, 409, "STATE_CONFLICT"],
    [{ project_id: crypto.randomUUID() }, 404, "NOT_FOUND"],
  ];
  for (const [body, status, code] of cases) {
    const answer = await post("generate-audio", body, as(user));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json["code"], code);
  }
  assert.equal((await ledgerOf(user.id)).charges, 0);
});
