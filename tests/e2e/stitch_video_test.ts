// Downloaded with the tests, so that none of them waits for it.
import "@ffmpeg/core";
import assert from "node:assert/strict";
import { filmRow } from "../../shared/contract/asset.ts";
import { readTracks } from "../fixtures/media/tracks.ts";
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
  withDatabase,
} from "./studio.ts";

/** What the simulated fal calls the submit of a film. */
const JOIN = "merge-videos";

/** A project whose scenes have ready clips of these shapes, five seconds each, and narration where wanted. */
async function filmed(
  user: TestUser,
  shapes: readonly ("16:9" | "9:16" | "1:1")[],
  { narrated = true }: { readonly narrated?: boolean } = {},
) {
  const { project, scenes } = await createProject(
    user,
    shapes.map((_, at) => at === 0 ? "The lamp wakes." : "It looks around."),
  );
  const project_id = project.id;
  const drawn = await Promise.all(
    scenes.map((scene, at) =>
      user.studio.call("generate-image", { scene_id: scene.id, aspect_ratio: shapes[at] })
    ),
  );
  const spoken = narrated ? await user.studio.call("generate-audio", { project_id }) : null;
  const jobs = [...drawn.map(({ job }) => job), ...spoken?.jobs ?? []];
  await user.studio.watch(jobs.map((job) => job.id));
  const rendered = await Promise.all(
    shapes.map((aspect_ratio, at) =>
      user.studio.call("generate-video", {
        project_id,
        scene_ids: [scenes[at]?.id ?? ""],
        aspect_ratio,
        duration_sec: 5,
      })
    ),
  );
  await user.studio.watch(rendered.flatMap((answer) => answer.jobs.map((job) => job.id)));
  const clipIds = rendered.map(({ video_clips: [clip] }) => clip?.id ?? "");
  return { project_id, scenes, clipIds };
}

async function filmOf(user: TestUser, id: string) {
  const { data } = await user.studio.supabase.from("films").select("*").eq("id", id).single();
  assert.ok(data);
  return data;
}

/** Waits for a job without waiting for its looks and backoffs. */
async function watchClosely(user: TestUser, jobId: string) {
  const hurry = setInterval(async () => {
    await withDatabase((sql) =>
      sql`update public.jobs set run_at = now() where id = ${jobId} and state = 'waiting'
        and external_task_id is not null`
    );
    await post("poll-video", {}, { apikey: stack.secretKey });
  }, 500);
  try {
    const [job] = await user.studio.watch([jobId]);
    assert.ok(job);
    return job;
  } finally {
    clearInterval(hurry);
  }
}

async function joinsOf(projectId: string) {
  const calls = await providerCalls("fal", "submit", projectId);
  return calls.filter(({ path }) => path.includes(JOIN));
}

async function download(url: string | null): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch(url ?? "")).arrayBuffer());
}

/** Second at which a narration's first frame is heard in a film, or undefined when it is not. */
async function heardAt(user: TestUser, sceneId: string | undefined, film: Uint8Array<ArrayBuffer>) {
  const { data } = await user.studio.supabase.from("audio_clips").select("url").eq(
    "scene_id",
    sceneId ?? "",
  ).single();
  const [first] = (await readTracks(await download(data?.url ?? null))).sound;
  const { sound } = await readTracks(film);
  const wanted = first?.data.join() ?? "";
  return sound.find(({ data: bytes }) => bytes.join() === wanted)?.timestamp;
}

function assertNear(found: number | null | undefined, expected: number, tolerance: number) {
  assert.ok(
    typeof found === "number" && Math.abs(found - expected) <= tolerance,
    `${found} ~ ${expected}`,
  );
}

Deno.test("stitch-video cuts clips as long as they are wanted, in the order asked for, with a poster", async () => {
  const user = await signUp();
  const { project_id, scenes, clipIds } = await filmed(user, ["16:9", "16:9"]);
  const [first = "", second = ""] = clipIds;
  const { film, job } = await user.studio.call("stitch-video", {
    project_id,
    cut: [
      { clip_id: second, duration_sec: 2.5 },
      { clip_id: first, audio: false },
      { clip_id: first, duration_sec: 1 },
    ],
  });
  assert.equal(film.poster_url, null);
  assert.equal((await watchClosely(user, job.id)).state, "succeeded");
  const ready = await filmOf(user, film.id);
  assert.equal(ready.cut_hash, film.cut_hash);
  assert.match(ready.poster_url ?? "", /\.jpg$/);
  const { cut } = filmRow.pick({ cut: true }).parse(ready);
  assert.deepEqual(cut.map(({ clip_id }) => clip_id), [second, first, first]);
  assert.equal(cut[1]?.audio_clip_id, null);
  assertNear(cut[1]?.start_sec, 2.5, 0.0001);
  assertNear(cut[2]?.start_sec, 7.5, 0.01);
  assertNear(ready.duration_sec, 8.5, 0.01);
  const bytes = await download(ready.url);
  const { seconds, pictures } = await readTracks(bytes);
  assertNear(seconds, 8.5, 0.05);
  assert.equal(pictures.length, 38 + 75 + 15, "15 pictures a second; 2.5 s show the 38th in part");
  assertNear(await heardAt(user, scenes[1]?.id, bytes), 0, 0.02);
  assertNear(await heardAt(user, scenes[0]?.id, bytes), 7.5, 0.02);
  assert.equal((await joinsOf(project_id)).length, 0);
});

Deno.test("stitch-video sends clips of two sizes to the second cutter: one submit, one film, narration in place", async () => {
  const user = await signUp();
  const { project_id, scenes, clipIds } = await filmed(user, ["16:9", "9:16"]);
  const before = await ledgerOf(user.id);
  const { film, job } = await user.studio.call("stitch-video", {
    project_id,
    cut: [{ clip_id: clipIds[0] ?? "", duration_sec: 3 }, { clip_id: clipIds[1] ?? "" }],
  });
  const ended = await user.studio.watch([job.id]);
  assert.equal(ended[0]?.state, "succeeded", JSON.stringify(ended[0]?.error));
  assert.equal(ended[0]?.provider, "fal");

  const joins = await joinsOf(project_id);
  assert.equal(joins.length, 1);
  const sent = JSON.parse(joins[0]?.body ?? "{}");
  assert.deepEqual(sent.resolution, { width: 910, height: 512 });
  assert.match(sent.video_urls[0], /\/clip-1\.mp4$/, "the clip that is shown in part");

  const ready = await filmOf(user, film.id);
  const folder = `${stack.url}/storage/v1/object/public/aiauto/projects/${project_id}/films/`;
  assert.equal(ready.url, `${folder}${film.id}.mp4`);
  assertNear(ready.duration_sec, 8, 0.1);
  const bytes = await download(ready.url);
  assertNear((await readTracks(bytes)).seconds, 8, 0.1);
  assertNear(await heardAt(user, scenes[0]?.id, bytes), 0, 0.02);
  assertNear(await heardAt(user, scenes[1]?.id, bytes), 3, 0.02);
  const after = await ledgerOf(user.id);
  assert.deepEqual([after.balance, after.refunds], [before.balance - 1, 0]);
});

const FAULTS: readonly (readonly [kind: string, code: string])[] = [
  ["bad_key", "PROVIDER_REJECTED"],
  ["fail", "PROVIDER_FAILED"],
  ["truncated_file", "RESULT_INVALID"],
  ["http_500", "SUBMIT_OUTCOME_UNKNOWN"],
];

Deno.test("promises 1 and 2: a film at the second cutter ends with a reason, one refund and one submit", async () => {
  const user = await signUp();
  const { project_id, clipIds } = await filmed(user, ["16:9", "9:16"], { narrated: false });
  for (const [kind, code] of FAULTS) {
    const clip_ids = [...clipIds];
    const submitsBefore = (await joinsOf(project_id)).length;
    const before = await ledgerOf(user.id);
    await setFault({ provider: "fal", kind, matching: project_id, times: 1 });
    const { film, job } = await user.studio.call("stitch-video", { project_id, clip_ids });
    if (code === "SUBMIT_OUTCOME_UNKNOWN") await passDeadline(project_id, job.id);
    const ended = await watchClosely(user, job.id);
    assert.equal(ended.state, "failed", kind);
    assert.equal(
      (ended.error as { code: string }).code,
      code,
      `${kind}: ${JSON.stringify(ended.error)}`,
    );
    assert.equal((await filmOf(user, film.id)).status, "failed");
    const after = await ledgerOf(user.id);
    assert.deepEqual([after.balance, after.refunds], [before.balance, before.refunds + 1], kind);
    assert.equal((await joinsOf(project_id)).length, submitsBefore + 1, kind);
  }
});

/** Lets the deadline of a job pass whose submit was answered by nothing usable. */
async function passDeadline(projectId: string, jobId: string) {
  for (let submits = 0; submits === 0;) {
    submits = await withDatabase(async (sql) =>
      (await sql`select from public.job_attempts where job_id = ${jobId} and state = 'unknown'`)
        .length
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok((await joinsOf(projectId)).length > 0);
  await withDatabase((sql) =>
    sql`update public.jobs set deadline_at = now() - interval '1 second' where id = ${jobId}`
  );
  await post("poll-video", {}, { apikey: stack.secretKey });
}

Deno.test("promise 6: a film whose submit was accepted without an answer is found by its webhook, not sent again", async () => {
  const user = await signUp();
  const { project_id } = await filmed(user, ["1:1", "16:9"], { narrated: false });
  await setFault({ provider: "fal", kind: "drop_after_accept", matching: project_id, times: 1 });
  const { film, job } = await user.studio.call("stitch-video", { project_id });
  const [ended] = await user.studio.watch([job.id]);
  assert.equal(ended?.state, "succeeded", JSON.stringify(ended?.error));
  assert.equal((await filmOf(user, film.id)).status, "ready");
  assert.equal((await joinsOf(project_id)).length, 1);
});

Deno.test("cancel-job tells the second cutter to stop, and refunds the film", async () => {
  const user = await signUp();
  const { project_id } = await filmed(user, ["9:16", "1:1"], { narrated: false });
  await setFault({ provider: "fal", kind: "endless", matching: project_id, times: 1 });
  const before = await ledgerOf(user.id);
  const { film, job } = await user.studio.call("stitch-video", { project_id });
  let task: string | null = null;
  while (task === null) {
    const { data } = await user.studio.supabase.from("jobs").select("external_task_id").eq(
      "id",
      job.id,
    ).single();
    task = data?.external_task_id ?? null;
  }
  await user.studio.call("cancel-job", { job_id: job.id });
  assert.equal((await filmOf(user, film.id)).status, "failed");
  assert.equal((await ledgerOf(user.id)).balance, before.balance);
  for (let tries = 0;; tries++) {
    const cancels = await providerCalls("fal", "cancel", "");
    if (cancels.some(({ taskId }) => taskId === task)) break;
    assert.ok(tries < 100, "fal was never told");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

Deno.test("stitch-video refuses a cut that can't be, before any charge", async () => {
  const user = await signUp();
  const stranger = await signUp();
  const { project_id, clipIds } = await filmed(user, ["16:9"], { narrated: false });
  const [clip_id = ""] = clipIds;
  const before = await ledgerOf(user.id);
  const cases: [TestUser, unknown, number, string][] = [
    [user, { cut: [{ clip_id, duration_sec: 5.2 }] }, 422, "MODEL_INPUT_INVALID"],
    [user, { cut: [{ clip_id, duration_sec: 0.1 }] }, 400, "VALIDATION_FAILED"],
    [user, { cut: [{ clip_id, start_sec: 1 }] }, 400, "VALIDATION_FAILED"],
    [user, { cut: [] }, 400, "VALIDATION_FAILED"],
    [user, { cut: [{ clip_id }], clip_ids: [clip_id] }, 400, "VALIDATION_FAILED"],
    [user, { cut: [{ clip_id: crypto.randomUUID() }] }, 404, "NOT_FOUND"],
    [stranger, { cut: [{ clip_id }] }, 404, "NOT_FOUND"],
  ];
  for (const [who, body, status, code] of cases) {
    const answer = await post("stitch-video", { project_id, ...body as object }, as(who));
    assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
    assert.equal(answer.json["code"], code);
  }
  const tooLong = await post(
    "stitch-video",
    { project_id, cut: [{ clip_id, duration_sec: 6 }] },
    as(user),
  );
  const { limit } = tooLong.json["details"] as { limit: number };
  assertNear(limit, 5, 0.1);
  assert.equal((await ledgerOf(user.id)).balance, before.balance);
});
