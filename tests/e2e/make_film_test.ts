import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import {
  added,
  endOf,
  estimateOf,
  framesOf,
  jobCounts,
  makeFilm,
  spentBy,
  startFilm,
  untilConfirmation,
} from "./films.ts";
import { as, createProject, post, providerCalls, signUp, uniqueWord } from "./studio.ts";

Deno.test("make-film makes a whole film by itself, as long as asked, for what plan and estimate said", async () => {
  const user = await signUp();
  const body = { prompt: "A shy robot learns to dance", options: { target_length: 15 } };
  const estimate = await estimateOf(user, "make-film", body);
  const dry = await post("make-film", { ...body, dry_run: true }, as(user));
  assert.equal(dry.status, 200, dry.text);
  const { job: none, plan: planned } = OPERATIONS["make-film"].response.parse(dry.json);
  assert.equal(none, null);
  assert.equal(await spentBy(user), 0, "plans cost nothing");
  assert.deepEqual(await jobCounts(user), {});

  const { job, plan, projectId } = await makeFilm(user, body);
  assert.deepEqual(plan, planned);
  assert.equal(estimate.credits, plan.credits);
  assert.equal(await spentBy(user), plan.credits);
  assert.deepEqual([job.stage, job.progress], ["film", 1]);
  const { data: films } = await user.studio.supabase.from("films").select("*");
  assert.equal(films?.length, 1);
  const seconds = films?.[0]?.duration_sec ?? 0;
  assert.ok(Math.abs(seconds - 15) <= 15 * 0.05, `${seconds} s`);
  const { data: spoken } = await user.studio.supabase.from("audio_clips").select("*");
  const frames = await framesOf(user, projectId);
  for (const clip of spoken ?? []) {
    const slot = frames.filter(({ scene_id }) => scene_id === clip.scene_id)
      .reduce((sum, frame) => sum + (frame.duration_sec ?? 0), 0);
    assert.ok((clip.duration_sec ?? Infinity) <= slot, "narration ends with its scene");
  }
  assert.equal(spoken?.length, plan.scene_count);

  // All of it is there: the same film again costs nothing and makes nothing.
  const before = await jobCounts(user);
  const again = await makeFilm(user, { project_id: projectId, options: body.options });
  assert.equal(again.plan.credits, 0);
  assert.deepEqual(added(before, await jobCounts(user)), { production: 1 });
  assert.deepEqual(again.job.result, job.result);
});

Deno.test("make-film tells a dry run's price also to those who can't pay it", async () => {
  const user = await signUp();
  const options = { target_length: 120 };
  const answer = await post("make-film", { prompt: "A boat", options, dry_run: true }, as(user));
  assert.equal(answer.status, 200, answer.text);
  const { plan, balance } = OPERATIONS["make-film"].response.parse(answer.json);
  assert.ok(plan.credits > balance);
});

Deno.test("make-film casts, waits for the user's word, draws every shot after the cast, and buys after an edit only what shows it", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const options = { target_length: 15, scene_count: 3, shots_per_scene: 1, character_count: 2 };
  const { jobId, plan } = await startFilm(user, {
    prompt: `Mina and her grandfather build a kite called ${word}`,
    options,
  });
  const projectId = await untilConfirmation(user, jobId);
  const { supabase } = user.studio;
  const { data: cast } = await supabase.from("characters").select("*").order("created_at");
  assert.equal(cast?.length, 2);
  assert.ok(cast?.every((one) => one.image_id !== null && one.confirmed_at === null));
  assert.ok(new Set(cast?.map((one) => one.voice_id)).size === 2, "each has a voice");
  const confirmed = await user.studio.call("confirm-characters", { project_id: projectId });
  assert.ok(confirmed.characters.every((one) => one.confirmed_at !== null));
  const job = await endOf(user, jobId);
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  assert.equal(await spentBy(user), plan.credits);

  const { data: seen } = await supabase.from("frame_characters").select("*");
  const frames = await framesOf(user, projectId);
  for (const frame of frames) {
    const here = seen?.filter(({ frame_id }) => frame_id === frame.id) ?? [];
    const asked = await providerCalls("gemini", "generate_content", frame.action.slice(0, 60));
    // The scene's words were sent to the writer, too.
    const drawn = asked.find(({ body }) => body.includes('"responseModalities"'));
    const references = drawn?.body.match(/"inlineData"/g)?.length ?? 0;
    assert.equal(
      references,
      here.length,
      "the shot was drawn after the references of who is in it",
    );
  }
  assert.ok((seen?.length ?? 0) > 0, "somebody is in it");

  const edited = cast?.find(({ id }) => seen?.some((one) => one.character_id === id));
  const shown = frames.filter(({ id }) =>
    seen?.some((one) => one.frame_id === id && one.character_id === edited?.id)
  );
  await supabase.from("characters").update({ description: "A person in a yellow raincoat" })
    .eq("id", edited?.id ?? "").throwOnError();
  const { data: stale } = await supabase.from("video_clips").select("frame_id")
    .not("stale_at", "is", null);
  assert.deepEqual(
    new Set(stale?.map(({ frame_id }) => frame_id)),
    new Set(shown.map(({ id }) => id)),
  );
  const before = await jobCounts(user);
  const spent = await spentBy(user);
  const again = await makeFilm(user, { project_id: projectId, options });
  assert.deepEqual(added(before, await jobCounts(user)), {
    production: 1,
    image: shown.length,
    video: shown.length,
    film: 1,
  });
  assert.equal(await spentBy(user), spent + again.plan.credits);
});

Deno.test("make-film stops at each level, and goes on from there for what its plan says", async () => {
  const user = await signUp();
  const options = {
    target_length: 10,
    scene_count: 2,
    character_count: 1,
    auto_confirm: true,
    style: "ink on paper",
  };
  const first = await makeFilm(user, { prompt: "A paper boat", options, stop_at: "script" });
  let spent = first.plan.credits;
  assert.equal(await spentBy(user), spent);
  const made: Record<string, number> = await jobCounts(user);
  assert.deepEqual(made, { production: 1, script: 1 });
  const expected: Record<string, Record<string, number>> = {
    scenes: {},
    characters: { characters: 1, image: 1 },
    frames: { frames: 1 },
    audio: { audio: 2 },
    images: { image: 2 },
    videos: { video: 2 },
    film: { film: 1 },
  };
  for (const [stop_at, parts] of Object.entries(expected)) {
    const before = await jobCounts(user);
    // What was wished for at first need not be said again.
    const { plan, job } = await makeFilm(user, {
      project_id: first.projectId,
      stop_at: stop_at as "film",
    });
    const what = added(before, await jobCounts(user));
    assert.deepEqual(what, { production: 1, ...parts }, stop_at);
    assert.equal((job.result as { stopped_at: string }).stopped_at, stop_at);
    spent += plan.credits;
    assert.equal(await spentBy(user), spent, stop_at);
  }
  const whole = await signUp();
  const { plan } = await startFilm(whole, { prompt: "A paper boat", options });
  assert.equal(plan.credits, spent, "in parts it costs what it costs at once");
});

Deno.test("make-film takes the pictures, clips and narration that the scenes have, and follows a scene's edit", async () => {
  const user = await signUp();
  const { studio } = user;
  const { project, scenes } = await createProject(user, ["The lamp wakes.", "It looks around."]);
  const drawn = await Promise.all(
    scenes.map(({ id }) => studio.call("generate-image", { scene_id: id })),
  );
  const spoken = await studio.call("generate-audio", { project_id: project.id });
  await studio.watch([...drawn.map(({ job }) => job), ...spoken.jobs].map(({ id }) => id));
  const scene_ids = scenes.map(({ id }) => id);
  const clips = await studio.call("generate-video", {
    project_id: project.id,
    scene_ids,
    duration_sec: 5,
  });
  await studio.watch(clips.jobs.map(({ id }) => id));
  const body = { project_id: project.id, options: { target_length: 10 } };
  const before = await jobCounts(user);
  const made = await makeFilm(user, body);
  assert.deepEqual(made.plan.items.map(({ kind }) => kind), ["film"]);
  assert.deepEqual(added(before, await jobCounts(user)), { production: 1, film: 1 });
  const frames = await framesOf(user, project.id);
  assert.deepEqual(
    frames.map(({ video_clip_id }) => video_clip_id),
    scenes.map(({ id }) => clips.video_clips.find((clip) => clip.scene_id === id)?.id),
  );

  await studio.supabase.from("scenes").update({ plot: "A storm at night" })
    .eq("id", scenes[1]?.id ?? "").throwOnError();
  const [then, spent] = [await jobCounts(user), await spentBy(user)];
  const again = await makeFilm(user, body);
  assert.deepEqual(added(then, await jobCounts(user)), {
    production: 1,
    image: 1,
    video: 1,
    film: 1,
  });
  assert.equal(await spentBy(user), spent + again.plan.credits);
});
