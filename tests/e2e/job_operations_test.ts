import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
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

/** A scene whose picture fails, or never ends, as the fault says. */
async function startImage(user: TestUser, kind: string, times?: number) {
  const word = uniqueWord();
  const { project, scenes } = await createProject(user, [`About ${word}`]);
  await setFault({
    provider: "fal",
    kind,
    matching: word,
    ...(times === undefined ? {} : { times }),
  });
  const started = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  return { word, project, ...started };
}

async function get(user: TestUser, path: string) {
  const response = await fetch(`${stack.url}/functions/v1/${path}`, {
    headers: { Authorization: `Bearer ${user.token}` },
  });
  return { status: response.status, json: await response.json() };
}

Deno.test("get-job shows a job and its asset, and waits for its end when asked", async () => {
  const user = await signUp();
  const { scenes } = await createProject(user, ["One scene"]);
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  const answer = await get(user, `get-job?job_id=${job.id}&wait=20`);
  assert.equal(answer.status, 200);
  const body = OPERATIONS["get-job"].response.parse(answer.json);
  assert.equal(body.job.state, "succeeded");
  assert.equal(body.asset?.status, "ready");
  const posted = await post("get-job", { job_id: job.id }, as(user));
  assert.deepEqual(posted.json, answer.json);
});

Deno.test("get-video-status shows a clip with its picture as thumbnail", async () => {
  const user = await signUp();
  const { project, scenes } = await createProject(user, ["One scene"]);
  const drawn = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await user.studio.watch([drawn.job.id]);
  const { jobs } = await user.studio.call("generate-video", {
    project_id: project.id,
    scene_ids: [scenes[0]?.id ?? ""],
  });
  const [id = ""] = jobs.map((job) => job.id);
  const early = OPERATIONS["get-video-status"].response.parse(
    (await get(user, `get-video-status?job_id=${id}`)).json,
  );
  assert.equal(early.video_url, null);
  assert.match(early.thumbnail_url ?? "", /\/images\//);
  await user.studio.watch([id]);
  const late = OPERATIONS["get-video-status"].response.parse(
    (await get(user, `get-video-status?job_id=${id}`)).json,
  );
  assert.equal(late.status, "ready");
  assert.match(late.video_url ?? "", /\.mp4$/);
  const image = await get(user, `get-video-status?job_id=${drawn.job.id}`);
  assert.equal(image.status, 404, "a picture is no clip");
});

Deno.test("promise 4: cancel-job refunds once what was not delivered, tells fal, and what comes later changes nothing", async () => {
  const user = await signUp();
  const { word, job, image_asset } = await startImage(user, "endless");
  for (let tries = 0; (await providerCalls("fal", "submit", word)).length === 0; tries++) {
    assert.ok(tries < 100);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  const answers = await Promise.all(
    [1, 2, 3].map(() => post("cancel-job", { job_id: job.id }, as(user))),
  );
  for (const answer of answers) {
    const body = OPERATIONS["cancel-job"].response.parse(answer.json);
    assert.equal(body.job.state, "cancelled");
    assert.equal(body.balance, 500);
  }
  const counts = answers.map((answer) => answer.json["cancelled_count"]).sort();
  assert.deepEqual(counts, [0, 0, 1]);
  const { refunds, sum } = await ledgerOf(user.id);
  assert.deepEqual({ refunds, sum }, { refunds: 1, sum: 500 });
  const { data } = await user.studio.supabase.from("image_assets").select("*").eq(
    "id",
    image_asset.id,
  ).single();
  assert.equal((data?.error as { code: string }).code, "CANCELLED");
  for (let tries = 0;; tries++) {
    const calls = await withCalls("cancel");
    if (calls > 0) break;
    assert.ok(tries < 100, "fal was never told");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

async function withCalls(operation: string): Promise<number> {
  return (await providerCalls("fal", operation, "")).length;
}

Deno.test("promise 4: cancelling what was delivered refunds nothing", async () => {
  const user = await signUp();
  const { scenes } = await createProject(user, ["One scene"]);
  const { job } = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await user.studio.watch([job.id]);
  const answer = await post("cancel-job", { job_id: job.id }, as(user));
  assert.equal(answer.json["cancelled_count"], 0);
  assert.equal((await ledgerOf(user.id)).refunds, 0);
});

Deno.test("promise 14: retry-job tries the same asset again for a new charge", async () => {
  const user = await signUp();
  const { job, image_asset } = await startImage(user, "fail", 1);
  const [failed] = await user.studio.watch([job.id]);
  assert.equal(failed?.state, "failed");
  const key = crypto.randomUUID();
  const answer = await post("retry-job", { job_id: job.id }, as(user, key));
  assert.equal(answer.status, 202, answer.text);
  const body = OPERATIONS["retry-job"].response.parse(answer.json);
  assert.equal(body.asset?.id, image_asset.id);
  assert.notEqual(body.job.id, job.id);
  const again = await post("retry-job", { job_id: job.id }, as(user, key));
  assert.equal(again.text, answer.text);
  await user.studio.watch([body.job.id]);
  const { data } = await user.studio.supabase.from("image_assets").select("*").eq(
    "id",
    image_asset.id,
  ).single();
  assert.equal(data?.status, "ready");
  const { charges, refunds, balance, sum } = await ledgerOf(user.id);
  assert.deepEqual({ charges, refunds, balance, sum }, {
    charges: 2,
    refunds: 1,
    balance: 499,
    sum: 499,
  });
  const twice = await post("retry-job", { job_id: job.id }, as(user));
  assert.equal(twice.status, 409, twice.text);
  assert.equal(twice.json["code"], "STATE_CONFLICT");
});

Deno.test("queue-status counts a user's own jobs, and all for the service", async () => {
  const user = await signUp();
  const { job } = await startImage(user, "endless");
  const own = OPERATIONS["queue-status"].response.parse((await get(user, "queue-status")).json);
  assert.equal(own.unfinished_count, 1);
  assert.equal(own.counts.length, 1);
  assert.equal(own.counts[0]?.kind, "image");
  const all = await post("queue-status", {}, { apikey: stack.secretKey });
  assert.ok(Number(all.json["unfinished_count"]) >= 1, all.text);
  await post("cancel-job", { job_id: job.id }, as(user));
});

Deno.test("promise 15: another user's job does not exist for any job operation", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const { job } = await startImage(owner, "endless");
  for (const name of ["get-job", "get-video-status", "cancel-job", "retry-job"]) {
    const answer = await post(name, { job_id: job.id }, as(stranger));
    assert.equal(answer.status, 404, `${name}: ${answer.text}`);
  }
  const [untouched] = await owner.studio.jobs([job.id]);
  assert.notEqual(untouched?.state, "cancelled");
  await post("cancel-job", { job_id: job.id }, as(owner));
});

Deno.test("a user may have 600 unfinished jobs and no more", async () => {
  const user = await signUp();
  const { scenes } = await createProject(user, ["One scene"]);
  await withDatabase((sql) =>
    sql`insert into public.jobs (user_id, kind, run_at, deadline_at)
      select ${user.id}, 'image', 'infinity', now() + interval '1 hour' from generate_series(1, 600)`
  );
  const answer = await post("generate-image", { scene_id: scenes[0]?.id }, as(user));
  assert.equal(answer.status, 429, answer.text);
  assert.equal(answer.json["code"], "TOO_MANY_JOBS");
  assert.equal(answer.headers.get("retry-after"), "30");
  assert.equal((await ledgerOf(user.id)).charges, 0);
  await withDatabase((sql) => sql`delete from public.jobs where user_id = ${user.id}`);
});
