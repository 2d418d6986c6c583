import assert from "node:assert/strict";
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
import {
  as,
  createProject,
  ledgerOf,
  post,
  providerCalls,
  setFault,
  signUp,
  type TestUser,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

const OPTIONS = { target_length: 15, scene_count: 3 };

/** A project whose three shots are written; each has a word of its own in what it shows and what happens. */
async function written(user: TestUser) {
  const { projectId } = await makeFilm(user, {
    prompt: "A paper boat crosses the city",
    options: OPTIONS,
    stop_at: "frames",
  });
  const frames = await framesOf(user, projectId);
  assert.equal(frames.length, 3);
  const words = frames.map(() => uniqueWord());
  for (const [at, { id }] of frames.entries()) {
    await user.studio.supabase.from("frames")
      .update({ action: `A boat and ${words[at]}`, video_prompt: `It sails to ${words[at]}` })
      .eq("id", id).throwOnError();
  }
  return { projectId, frames, words };
}

/** How often each shot's clip was asked for at the provider. */
function creates(words: readonly string[]): Promise<number[]> {
  return Promise.all(
    words.map(async (word) => (await providerCalls("kie", "create_task", word)).length),
  );
}

Deno.test("a film stops with the reason of the shot that failed, keeps everything else, and retry-job buys that shot alone", async () => {
  const user = await signUp();
  const { projectId, words } = await written(user);
  // A render that fails is tried as often as a job may be: all of these fail.
  await setFault({ provider: "kie", kind: "no_credit", matching: words[1] ?? "", times: 1 });
  const { jobId, plan } = await startFilm(user, { project_id: projectId, options: OPTIONS });
  const failed = await endOf(user, jobId);
  assert.equal(failed.state, "failed");
  const error = failed.error as { code: string; message: string };
  assert.match(error.message, /\(video:/, "it names the shot");
  const { data: clips } = await user.studio.supabase.from("video_clips").select("status");
  assert.deepEqual(clips?.map(({ status }) => status).sort(), ["failed", "ready", "ready"]);
  const spent = await spentBy(user);
  const firstCreates = await creates(words);
  assert.deepEqual([firstCreates[0], firstCreates[2]], [1, 1]);

  const estimate = await estimateOf(user, "retry-job", { job_id: jobId });
  const before = await jobCounts(user);
  const { job } = await user.studio.call("retry-job", { job_id: jobId });
  const done = await endOf(user, job.id);
  assert.equal(done.state, "succeeded", JSON.stringify(done.error));
  assert.deepEqual(added(before, await jobCounts(user)), { production: 1, video: 1, film: 1 });
  const last = await creates(words);
  assert.deepEqual([last[0], last[2]], [1, 1], "no other shot was asked for again");
  assert.equal(last[1], (firstCreates[1] ?? 0) + 1);
  assert.equal(await spentBy(user), spent + estimate.credits);
  const written_ = 2; // the script and nothing else was bought before this film
  assert.ok(await spentBy(user) <= plan.credits + written_);
  const twice = await post("retry-job", { job_id: jobId }, as(user));
  assert.equal(twice.status, 409, twice.text);
});

Deno.test("a shot that a provider refuses for safety is asked for once more in milder words, and charged once", async () => {
  const user = await signUp();
  const { projectId, words } = await written(user);
  await setFault({ provider: "kie", kind: "refuse", matching: words[0] ?? "", times: 1 });
  const { plan, job } = await makeFilm(user, { project_id: projectId, options: OPTIONS });
  assert.equal(job.state, "succeeded");
  const calls = await providerCalls("kie", "create_task", words[0] ?? "");
  assert.equal(calls.length, 2);
  assert.equal(calls.filter(({ body }) => body.includes("A gentle, family friendly")).length, 1);
  const { refunds } = await ledgerOf(user.id);
  assert.equal(refunds, 1);
  const scripts = 1;
  assert.equal(await spentBy(user), plan.credits + scripts);
  const again = await makeFilm(user, { project_id: projectId, options: OPTIONS });
  assert.equal(again.plan.credits, 0, "the milder one stands");
  assert.equal((await creates(words))[0], 2);
});

Deno.test("a shot that is refused in milder words too ends the film with CONTENT_REFUSED", async () => {
  const user = await signUp();
  const { projectId, words } = await written(user);
  await setFault({ provider: "kie", kind: "refuse", matching: words[2] ?? "" });
  const { jobId } = await startFilm(user, { project_id: projectId, options: OPTIONS });
  const failed = await endOf(user, jobId);
  assert.equal((failed.error as { code: string }).code, "CONTENT_REFUSED");
  assert.deepEqual(await creates(words), [1, 1, 2]);
});

Deno.test("cancel-job of a film ends its tree and refunds what was not delivered; retry-job goes on from there", async () => {
  const user = await signUp();
  const { projectId, words } = await written(user);
  await setFault({ provider: "kie", kind: "endless", matching: words[1] ?? "", times: 1 });
  const { jobId } = await startFilm(user, { project_id: projectId, options: OPTIONS });
  await withDatabase(async (sql) => {
    for (let look = 0; look < 240; look++) {
      const rows = await sql`
        select 1 from public.jobs where parent_id = ${jobId} and kind = 'video'
          and external_task_id is not null`;
      if (rows.length === 3) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error("The clips were never submitted");
  });
  const answer = await user.studio.call("cancel-job", { job_id: jobId });
  assert.equal(answer.job.state, "cancelled");
  const left = await withDatabase((sql) =>
    sql`select id from public.jobs where user_id = ${user.id} and finished_at is null`
  );
  assert.equal(left.length, 0);
  const [row] = await withDatabase((sql) =>
    sql<{ unpaid: number }[]>`
      select count(*)::int as unpaid from public.jobs as j
      where j.user_id = ${user.id} and j.state <> 'succeeded' and j.credits > 0
        and coalesce((select sum(e.amount) from public.credit_entries e where e.job_id = j.id), 0) <> 0`
  );
  assert.equal(row?.unpaid, 0, "what was not delivered is paid back");
  const { job } = await user.studio.call("retry-job", { job_id: jobId });
  const done = await endOf(user, job.id);
  assert.equal(done.state, "succeeded", JSON.stringify(done.error));
});

Deno.test("make-film above its budget is refused with options that then work; so is one above its project's", async () => {
  const user = await signUp();
  const prompt = "A paper boat";
  const options = { target_length: 30, shots_per_scene: 2 };
  const { credits } = await estimateOf(user, "make-film", { prompt, options });
  const budget_credits = Math.floor(credits / 2);
  const answer = await post("make-film", { prompt, options, budget_credits }, as(user));
  assert.equal(answer.status, 402, answer.text);
  assert.equal(answer.json["code"], "BUDGET_EXCEEDED");
  const details = answer.json["details"] as {
    budget_credits: number;
    would_cost: number;
    options: { options: Record<string, unknown>; credits: number; target_length: number }[];
  };
  assert.deepEqual([details.budget_credits, details.would_cost], [budget_credits, credits]);
  assert.ok(details.options.length > 0);
  for (const cheaper of details.options) {
    assert.ok(cheaper.credits <= budget_credits);
    const body = { prompt, options: { ...options, ...cheaper.options }, budget_credits };
    const dry = await post("make-film", { ...body, dry_run: true }, as(user));
    assert.equal((dry.json["plan"] as { credits: number }).credits, cheaper.credits);
  }
  const [cheapest] = details.options.toSorted((a, b) => a.credits - b.credits);
  const made = await makeFilm(user, {
    prompt,
    options: { ...options, ...cheapest?.options },
    budget_credits,
  });
  assert.ok(await spentBy(user) <= budget_credits);

  const most = await spentBy(user) + 1;
  await user.studio.supabase.from("projects").update({ budget_credits: most })
    .eq("id", made.projectId).throwOnError();
  await user.studio.supabase.from("frames").update({ action: "Another boat" })
    .eq("project_id", made.projectId).throwOnError();
  const over = await post("make-film", { project_id: made.projectId }, as(user));
  assert.equal(over.status, 402, over.text);
  assert.equal(over.json["code"], "BUDGET_EXCEEDED");
});

Deno.test("estimate tells of every operation what the ledger then says", async () => {
  const user = await signUp();
  const charge = async (operation: string, body: Record<string, unknown>) => {
    const { credits } = await estimateOf(user, operation, body);
    const before = await spentBy(user);
    const answer = await post(operation, body, as(user));
    assert.ok(answer.status < 300, `${operation}: ${answer.text}`);
    const { job, jobs = job === undefined ? [] : [job] } = answer.json as {
      job?: { id: string };
      jobs?: { id: string }[];
    };
    for (const { id } of jobs) {
      const ended = await endOf(user, id);
      assert.equal(ended.state, "succeeded", `${operation}: ${JSON.stringify(ended.error)}`);
    }
    assert.equal(await spentBy(user) - before, credits, operation);
    assert.ok(credits > 0, operation);
    return answer.json;
  };
  const script = await charge("generate-script", {
    prompt: "A paper boat",
    options: { scene_count: 2, target_length: 10 },
  });
  const project_id = (script["project"] as { id: string }).id;
  const scene_ids = (script["scenes"] as { id: string }[]).map(({ id }) => id);
  await charge("generate-image", { scene_id: scene_ids[0], num_images: 2 });
  await charge("generate-image", { scene_id: scene_ids[1] });
  await charge("generate-audio", { project_id });
  await charge("generate-video", { project_id, scene_ids });
  await charge("stitch-video", { project_id });
  await charge("generate-characters", { project_id, count: 1 });
  await user.studio.call("confirm-characters", { project_id });
  await charge("generate-scenes", { project_id, rewrite: true, scene_count: 3 });
  const { data: scenes } = await user.studio.supabase.from("scenes").select("id");
  assert.equal(scenes?.length, 3, "as many as it was asked for");
  await charge("generate-frames", { project_id, shots_per_scene: 1 });
  await charge("make-film", { project_id, options: { target_length: 15 } });
});

Deno.test("another user's film does not exist for any operation, nor for the Data API", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const { jobId } = await startFilm(owner, {
    prompt: "A private boat",
    options: { ...OPTIONS, character_count: 1 },
  });
  const project_id = await untilConfirmation(owner, jobId);
  const before = await jobCounts(owner);
  const calls: readonly (readonly [string, Record<string, unknown>])[] = [
    ["make-film", { project_id }],
    ["make-film", { project_id, dry_run: true }],
    ["generate-characters", { project_id }],
    ["confirm-characters", { project_id }],
    ["generate-scenes", { project_id }],
    ["generate-frames", { project_id }],
    ["estimate", { operation: "make-film", body: { project_id } }],
    ["estimate", { operation: "retry-job", body: { job_id: jobId } }],
    ["get-job", { job_id: jobId }],
    ["cancel-job", { job_id: jobId }],
    ["retry-job", { job_id: jobId }],
  ];
  for (const [name, body] of calls) {
    const answer = await post(name, body, as(stranger));
    assert.equal(answer.status, 404, `${name}: ${answer.text}`);
  }
  const { supabase } = stranger.studio;
  for (const table of ["characters", "frames", "frame_characters", "jobs"] as const) {
    assert.deepEqual((await supabase.from(table).select("*")).data, [], table);
  }
  const { data: cast } = await owner.studio.supabase.from("characters").select("id");
  const stolen = await supabase.from("characters").update({ name: "Mine" })
    .eq("id", cast?.[0]?.id ?? "").select();
  assert.deepEqual(stolen.data, []);
  const mine = await createProject(stranger, ["My own scene"]);
  const frame = await supabase.from("frames")
    .insert({
      project_id: mine.project.id,
      scene_id: mine.scenes[0]?.id ?? "",
      index: 1,
      action: "A",
    })
    .select().single().throwOnError();
  const borrowed = await supabase.from("frame_characters").insert({
    frame_id: frame.data.id,
    character_id: cast?.[0]?.id ?? "",
    project_id: mine.project.id,
  });
  assert.equal(borrowed.error?.code, "23503");
  assert.deepEqual(await jobCounts(owner), before);
  assert.deepEqual(await jobCounts(stranger), {});
  await owner.studio.call("cancel-job", { job_id: jobId });
});

Deno.test("a second film of a project that is in production is refused", async () => {
  const user = await signUp();
  const { jobId } = await startFilm(user, {
    prompt: "A boat",
    options: { ...OPTIONS, character_count: 1 },
  });
  const project_id = await untilConfirmation(user, jobId);
  const answer = await post("make-film", { project_id }, as(user));
  assert.equal(answer.status, 409, answer.text);
  assert.equal(answer.json["code"], "STATE_CONFLICT");
  await user.studio.call("cancel-job", { job_id: jobId });
});
