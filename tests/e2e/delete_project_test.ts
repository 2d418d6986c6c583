import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import { endGrace, endLateUploads, filesOf, notesOf, purgeUntil, rowsOf } from "./deletion.ts";
import { proposeBy } from "./director.ts";
import {
  as,
  createProject,
  ledgerOf,
  post,
  providerCalls,
  setFault,
  signUp,
  stack,
  type TestUser,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

const VISIBLE = [
  "scenes",
  "image_assets",
  "audio_clips",
  "video_clips",
  "films",
  "jobs",
  "director_messages",
  "director_proposals",
] as const;

/** A project with two scenes: two ready pictures, ready narration, and a word that names it at the providers. */
async function illustrated(user: TestUser) {
  const word = uniqueWord();
  const made = await createProject(user, [`First of ${word}`, `Second of ${word}`]);
  const { studio } = user;
  const [drawn, spoken] = await Promise.all([
    Promise.all(made.scenes.map(({ id }) => studio.call("generate-image", { scene_id: id }))),
    studio.call("generate-audio", { project_id: made.project.id }),
  ]);
  await studio.watch([...drawn.map(({ job }) => job), ...spoken.jobs].map(({ id }) => id));
  return { ...made, word, imageIds: drawn.map(({ image_asset }) => image_asset.id) };
}

async function seen(user: TestUser, projectId: string): Promise<number> {
  const { supabase } = user.studio;
  let count = (await supabase.from("projects").select("id").eq("id", projectId)).data?.length ?? 0;
  for (const table of VISIBLE) {
    count += (await supabase.from(table).select("id").eq("project_id", projectId)).data?.length ??
      0;
  }
  const overview = await supabase.from("project_overview").select("id").eq("id", projectId);
  const history = await supabase.from("credit_history").select("id").eq("project_id", projectId);
  count += (overview.data?.length ?? 0) + (history.data?.length ?? 0);
  return count;
}

Deno.test("promise 4: delete-project with renders running: gone from every read, every charge settled, then no file and no row", async () => {
  const user = await signUp();
  const { word, project, imageIds } = await illustrated(user);
  await setFault({ provider: "fal", kind: "endless", matching: word });
  await setFault({ provider: "kie", kind: "late_webhook", matching: word, delayMs: 8_000 });
  const video = await user.studio.call("generate-video", {
    project_id: project.id,
    image_ids: imageIds,
    duration_sec: 5,
  });
  const endless = await user.studio.call("generate-image", {
    project_id: project.id,
    style_prompt: word,
  });
  const jobIds = [...video.jobs, endless.job].map(({ id }) => id);
  for (let tries = 0;; tries++) {
    const [sent] = await withDatabase((sql) =>
      sql`select count(*)::int as count from public.jobs
        where id = any (${jobIds}) and external_task_id is not null`
    );
    if (sent?.["count"] === 3) break;
    assert.ok(tries < 100, "the renders never began");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const files = await filesOf(project.id);
  assert.equal(files.length, 4, "two pictures and two narrations");
  const place = { projectId: project.id };
  const { proposal_id } = await proposeBy(user, place, "delete_scene", { scene: 1 });

  const watched = user.studio.watch(jobIds);
  const answer = await post("delete-project", { project_id: project.id }, as(user));
  assert.equal(answer.status, 200, answer.text);
  const body = OPERATIONS["delete-project"].response.parse(answer.json);
  assert.equal(body.project.id, project.id);
  assert.equal(body.cancelled_count, 3);
  assert.equal(await seen(user, project.id), 0);
  assert.deepEqual(await watched, [], "who was watching is told by their absence");
  assert.equal((await post("director", { confirm: proposal_id }, as(user))).status, 404);
  for (const job_id of jobIds) {
    assert.equal((await post("get-job", { job_id }, as(user))).status, 404);
    assert.equal((await post("retry-job", { job_id }, as(user))).status, 404);
  }
  const again = await post("delete-project", { project_id: project.id }, as(user));
  assert.deepEqual(again.json, { ...answer.json, cancelled_count: 0 });
  for (
    const [name, request] of [
      ["generate-image", { project_id: project.id }],
      ["generate-audio", { project_id: project.id }],
      ["generate-video", { project_id: project.id, image_ids: imageIds }],
      ["stitch-video", { project_id: project.id }],
    ] as const
  ) {
    assert.equal((await post(name, request, as(user))).status, 404, name);
  }
  const settled = await ledgerOf(user.id);
  assert.equal(settled.charges - settled.refunds, 4, "what was delivered stays paid");
  assert.equal(settled.sum, settled.balance);

  // fal can be told to stop, and is.
  const sent = (await providerCalls("fal", "submit", word)).map(({ taskId }) => taskId);
  for (let tries = 0;; tries++) {
    const told = await providerCalls("fal", "cancel", "");
    if (told.some(({ taskId }) => sent.includes(taskId))) break;
    assert.ok(tries < 100, "fal was never told");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // KIE can't be told to stop: its clips are done by and by, and its callbacks are answered.
  for (let tries = 0;; tries++) {
    const calls = await callbacksOf(word);
    if (calls.length >= 2) {
      for (const { status } of calls) assert.equal(status, 200, "answered");
      break;
    }
    assert.ok(tries < 200, "KIE never called back");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.deepEqual(await ledgerOf(user.id), settled, "and change nothing");
  assert.deepEqual(await filesOf(project.id), files);

  await endGrace([project.id]);
  const late = await post("restore-project", { project_id: project.id }, as(user));
  assert.equal(late.status, 410, late.text);
  assert.equal(late.json["code"], "PROJECT_GONE");
  await purgeUntil(async () => (await filesOf(project.id)).length === 0, "the files");
  assert.equal(await rowsOf(project.id), 0);
  assert.deepEqual(await ledgerOf(user.id), settled);
  const restored = await post("restore-project", { project_id: project.id }, as(user));
  assert.equal(restored.status, 404, restored.text);
  await endLateUploads([project.id]);
  await purgeUntil(async () => (await notesOf([project.id])).length === 0, "the note");
});

/** KIE's calls back about the tasks of a word. */
async function callbacksOf(word: string): Promise<{ status: number | null }[]> {
  const tasks = (await providerCalls("kie", "create_task", word)).map(({ taskId }) => taskId);
  const response = await fetch(`${stack.providersUrl}/_control/webhooks?provider=kie`);
  const { webhooks }: { webhooks: { taskId: string; status: number | null }[] } = await response
    .json();
  return webhooks.filter(({ taskId }) => tasks.includes(taskId));
}

Deno.test("restore-project brings a project back with its files; what was cancelled can be tried again", async () => {
  const user = await signUp();
  const { word, project, scenes } = await illustrated(user);
  await setFault({ provider: "fal", kind: "endless", matching: word, times: 1 });
  const { job, image_asset } = await user.studio.call("generate-image", {
    scene_id: scenes[0]?.id ?? "",
  });
  const before = await seen(user, project.id);
  await user.studio.call("delete-project", { project_id: project.id });
  assert.equal(await seen(user, project.id), 0);
  const { project: back } = await user.studio.call("restore-project", { project_id: project.id });
  assert.equal(back.deleted_at, null);
  // One more: the refund, which the history tells by its job.
  assert.equal(await seen(user, project.id), before + 1);
  for (const name of await filesOf(project.id)) {
    const file = await fetch(`${stack.url}/storage/v1/object/public/aiauto/${name}`);
    await file.body?.cancel();
    assert.equal(file.status, 200);
  }
  const retried = await user.studio.call("retry-job", { job_id: job.id });
  assert.equal(retried.asset?.id, image_asset.id);
  const [ended] = await user.studio.watch([retried.job.id]);
  assert.equal(ended?.state, "succeeded", JSON.stringify(ended?.error));
});

Deno.test("promise 15: another user's project can be neither deleted nor restored", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const { project } = await createProject(owner, ["A private scene"]);
  const request = { project_id: project.id };
  assert.equal((await post("delete-project", request, as(stranger))).status, 404);
  assert.ok(await seen(owner, project.id) > 0);
  await owner.studio.call("delete-project", request);
  assert.equal((await post("restore-project", request, as(stranger))).status, 404);
  assert.equal(await seen(owner, project.id), 0);
  const written = await owner.studio.supabase.from("projects")
    .update({ deleted_at: null } as never).eq("id", project.id).select();
  assert.ok(written.error, "clients can't bring it back by themselves");
});

Deno.test("files that workers finish while a project goes are purged too, whenever they land", async () => {
  const user = await signUp();
  const { studio } = user;
  const made = await Promise.all(
    Array.from({ length: 6 }, () => createProject(user, ["A scene to tell", "Another to tell"])),
  );
  const ids = made.map(({ project }) => project.id);
  await Promise.all(made.map(async ({ project }, at) => {
    await studio.call("generate-audio", { project_id: project.id });
    // From "just begun" to "being kept": the simulator speaks in a fraction of a second.
    await new Promise((resolve) => setTimeout(resolve, at * 60));
    await studio.call("delete-project", { project_id: project.id });
  }));
  const { charges, refunds, sum, balance } = await ledgerOf(user.id);
  assert.equal(sum, balance);
  const [jobs] = await withDatabase((sql) =>
    sql`select (count(*) filter (where finished_at is null))::int as open,
        (count(*) filter (where state = 'succeeded'))::int as delivered,
        (count(*) filter (where attempt > 0))::int as begun
      from public.jobs where user_id = ${user.id}`
  );
  assert.equal(jobs?.["open"], 0);
  assert.equal(charges - refunds, jobs?.["delivered"]);
  const files = async () => (await Promise.all(ids.map(filesOf))).flat();
  // Whoever had begun keeps its narration, unless its heartbeat (5 s) said in time that nobody wants it: after
  // that, and not before, the test may let hours pass.
  for (let tries = 0; tries < 60 && (await files()).length < jobs?.["begun"]; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const [first = ""] = ids;
  assert.ok((await files()).length > 0, "nobody had begun");

  await endGrace(ids);
  const rows = async () => (await Promise.all(ids.map(rowsOf))).every((count) => count === 0);
  await purgeUntil(rows, "the rows");
  await purgeUntil(async () => (await files()).length === 0, "the first pass");
  // A worker that had lost its job and was slow: its file lands after the first pass.
  const late = await fetch(
    `${stack.url}/storage/v1/object/aiauto/projects/${first}/videos/${crypto.randomUUID()}.mp4`,
    {
      method: "POST",
      headers: { apikey: stack.secretKey, "Content-Type": "video/mp4" },
      body: new Uint8Array([0, 1, 2]),
    },
  );
  assert.equal(late.status, 200, await late.text());
  await endLateUploads(ids);
  await purgeUntil(async () => (await files()).length === 0, "the late file");
  assert.equal((await notesOf([first])).length, 1, "somebody wrote: it is looked at once more");
  await endLateUploads(ids);
  await purgeUntil(async () => (await notesOf(ids)).length === 0, "the notes");
  assert.deepEqual(await files(), []);
});
