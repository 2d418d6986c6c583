import assert from "node:assert/strict";
import { BlobSource, Input, MP4 } from "mediabunny";
import { as, ledgerOf, post, signUp, stack, withDatabase } from "./studio.ts";

Deno.test("a film from one prompt: script, narration, pictures, clips, one mp4 with sound", async () => {
  const user = await signUp();
  const { studio } = user;
  const { project, scenes } = await studio.call("generate-script", {
    prompt: "A paper boat crosses the city in a storm",
    options: { scene_count: 2 },
  });
  const project_id = project.id;
  const audio = await studio.call("generate-audio", { project_id });
  const pictures = await Promise.all(
    scenes.map((scene) => studio.call("generate-image", { scene_id: scene.id })),
  );
  await studio.watch([...audio.jobs, ...pictures.map(({ job }) => job)].map((job) => job.id));
  const early = await post("stitch-video", { project_id }, as(user));
  assert.equal(early.status, 409, "there are no clips yet");
  const video = await studio.call("generate-video", {
    project_id,
    scene_ids: scenes.map((scene) => scene.id),
  });
  await studio.watch(video.jobs.map((job) => job.id));
  const { film, job } = await studio.call("stitch-video", { project_id });
  const [cut] = await studio.watch([job.id]);
  assert.equal(cut?.state, "succeeded", JSON.stringify(cut?.error));

  const { data: ready } = await studio.supabase.from("films").select("*").eq("id", film.id)
    .single();
  const { data: clips } = await studio.supabase.from("video_clips").select("*").eq(
    "project_id",
    project_id,
  );
  const { data: spoken } = await studio.supabase.from("audio_clips").select("*").eq(
    "project_id",
    project_id,
  );
  const { data: images } = await studio.supabase.from("image_assets").select("*").eq(
    "project_id",
    project_id,
  );
  assert.ok(ready && clips && spoken && images);
  for (const row of [ready, ...clips, ...spoken, ...images]) {
    assert.equal(row.status, "ready");
    assert.ok(row.url?.startsWith(stack.url), "no provider's URL is ever a client's");
    const response = await fetch(row.url ?? "");
    await response.body?.cancel();
    assert.equal(response.status, 200);
  }
  assert.deepEqual([clips.length, spoken.length, images.length], [2, 2, 2]);
  // Each clip covers its narration, by the model's own durations.
  const spokenSeconds = new Map(spoken.map((row) => [row.scene_id, row.duration_sec ?? 0]));
  for (const clip of clips) {
    assert.ok(
      clip.duration_sec >= (spokenSeconds.get(clip.scene_id ?? "") ?? Infinity),
      "the clip is as long as its narration",
    );
  }

  const sum = clips.reduce((total, clip) => total + clip.duration_sec, 0);
  const blob = await (await fetch(ready.url ?? "")).blob();
  using input = new Input({ formats: [MP4], source: new BlobSource(blob) });
  const [videoTrack, audioTrack] = [
    await input.getPrimaryVideoTrack(),
    await input.getPrimaryAudioTrack(),
  ];
  assert.equal(videoTrack?.codec, "avc");
  assert.ok(audioTrack);
  assert.ok(Math.abs(await input.computeDuration() - sum) < 0.5);
  assert.ok(Math.abs((ready.duration_sec ?? 0) - sum) < 0.5);

  const ledger = await ledgerOf(user.id);
  assert.equal(ledger.sum, ledger.balance);
  assert.equal(ledger.refunds, 0);
  const unfinished = await withDatabase((sql) =>
    sql`select id from public.jobs where user_id = ${user.id} and finished_at is null`
  );
  assert.equal(unfinished.length, 0);
  const { data: done } = await studio.supabase.from("projects").select("status").eq(
    "id",
    project_id,
  ).single();
  assert.equal(done?.status, "completed");
});
