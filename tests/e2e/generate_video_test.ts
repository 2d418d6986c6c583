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

/** A project whose scenes have pictures, and a word that names it at the providers. */
async function illustrated(user: TestUser, sceneCount = 1) {
  const word = uniqueWord();
  const texts = Array.from({ length: sceneCount }, (_, at) => `Scene ${at + 1} of ${word}`);
  const { project, scenes } = await createProject(user, texts);
  const drawn = await Promise.all(
    scenes.map((scene) => user.studio.call("generate-image", { scene_id: scene.id })),
  );
  await user.studio.watch(drawn.map(({ job }) => job.id));
  return { word, project, scenes, imageIds: drawn.map(({ image_asset }) => image_asset.id) };
}

async function clipOf(user: TestUser, id: string | undefined) {
  const { data } = await user.studio.supabase.from("video_clips").select("*").eq("id", id ?? "")
    .single();
  assert.ok(data);
  return data;
}

Deno.test("generate-video renders a clip from a picture by KIE's webhook and copies it to Storage", async () => {
  const user = await signUp();
  const { word, project, imageIds } = await illustrated(user);
  const request = { project_id: project.id, image_ids: imageIds, duration_sec: 5 };
  const answer = await post("generate-video", request, as(user));
  assert.equal(answer.status, 202, answer.text);
  const body = OPERATIONS["generate-video"].response.parse(answer.json);
  assert.equal(body.credits_charged, 20);
  const pending = body.video_clips[0];
  assert.equal(pending?.status, "pending");
  assert.equal(pending?.aspect_ratio, "16:9");
  const [job] = await user.studio.watch(body.jobs.map((row) => row.id));
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  const clip = await clipOf(user, pending?.id);
  assert.equal(clip.status, "ready");
  assert.ok(Math.abs(clip.duration_sec - 5) < 0.25, String(clip.duration_sec));
  assert.ok(clip.url?.startsWith(`${stack.url}/storage/v1/object/public/aiauto/projects/`));
  assert.ok(clip.external_task_id);
  const file = await fetch(clip.url ?? "");
  assert.equal(file.status, 200);
  assert.equal(file.headers.get("content-type"), "video/mp4");
  const bytes = new Uint8Array(await file.arrayBuffer());
  assert.equal(new TextDecoder().decode(bytes.slice(4, 8)), "ftyp");
  const creates = await providerCalls("kie", "create_task", word);
  assert.equal(creates.length, 1);
  const sent = JSON.parse(creates[0]?.body ?? "{}");
  assert.equal(sent.input.duration, "5", "Kling takes its duration as a string");
  assert.match(sent.callBackUrl, /\/functions\/v1\/video-webhook\?provider=kie&attempt=/);
});

Deno.test("poll-video finishes a clip whose webhook never came", async () => {
  const user = await signUp();
  const { word, project, scenes } = await illustrated(user);
  await setFault({ provider: "kie", kind: "no_webhook", matching: word });
  const { jobs, video_clips } = await user.studio.call("generate-video", {
    project_id: project.id,
    scene_ids: scenes.map((scene) => scene.id),
    duration_sec: 5,
  });
  // The first look comes at the model's typical time (90 s): tests don't wait for it.
  for (let tries = 0; (await clipOf(user, video_clips[0]?.id)).status !== "ready"; tries++) {
    assert.ok(tries < 60, "the clip never became ready");
    await withDatabase((sql) =>
      sql`update public.jobs set run_at = now() where id = ${
        jobs[0]?.id ?? ""
      } and state = 'waiting'`
    );
    await post("poll-video", {}, { apikey: stack.secretKey });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});

const FAULTS: readonly (readonly [string, string])[] = [
  ["fail", "PROVIDER_FAILED"],
  ["no_credit", "PROVIDER_REJECTED"],
  ["empty_file", "RESULT_INVALID"],
  ["wrong_type_file", "RESULT_INVALID"],
];
for (const [kind, code] of FAULTS) {
  Deno.test(`promise 4: generate-video ends failed with ${code} and one refund when KIE plays ${kind}`, async () => {
    const user = await signUp();
    const { word, project, imageIds } = await illustrated(user);
    await setFault({ provider: "kie", kind, matching: word });
    const before = await ledgerOf(user.id);
    const { jobs, video_clips } = await user.studio.call("generate-video", {
      project_id: project.id,
      image_ids: imageIds,
      duration_sec: 5,
    });
    // A file that is not whole is fetched again a few times: don't wait for its backoff.
    const hurry = setInterval(async () => {
      await withDatabase((sql) =>
        sql`update public.jobs set run_at = now() where id = ${
          jobs[0]?.id ?? ""
        } and state = 'waiting'`
      );
      await post("poll-video", {}, { apikey: stack.secretKey });
    }, 500);
    try {
      await user.studio.watch(jobs.map((job) => job.id));
    } finally {
      clearInterval(hurry);
    }
    const clip = await clipOf(user, video_clips[0]?.id);
    assert.equal(clip.status, "failed");
    assert.equal((clip.error as { code: string }).code, code);
    const after = await ledgerOf(user.id);
    assert.equal(after.balance, before.balance);
    assert.equal(after.refunds, 1);
    assert.equal((await providerCalls("kie", "create_task", word)).length, 1);
  });
}

Deno.test("promise 1: one click sent 20 times at once is one charge and one create", async () => {
  const user = await signUp();
  const { word, project, imageIds } = await illustrated(user);
  const key = crypto.randomUUID();
  const request = { project_id: project.id, image_ids: imageIds, duration_sec: 5 };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post("generate-video", request, as(user, key))),
  );
  const [first] = answers.filter((answer) => answer.headers.get("x-idempotent-replay") === null);
  for (const answer of answers) {
    if (answer.status === 409) assert.equal(answer.headers.get("retry-after"), "1");
    else assert.equal(answer.text, first?.text);
  }
  assert.equal((await ledgerOf(user.id)).charges, 2, "the picture and the clip");
  await user.studio.watch(
    JSON.parse(first?.text ?? "{}").jobs.map((job: { id: string }) => job.id),
  );
  assert.equal((await providerCalls("kie", "create_task", word)).length, 1);
});

Deno.test("generate-video refuses what the model does not take, naming what it does, before any charge", async () => {
  const user = await signUp();
  const { project, scenes, imageIds } = await illustrated(user);
  const bare = await createProject(user, ["No picture yet"]);
  const project_id = project.id;
  const cases: [unknown, number, string][] = [
    [{ project_id, image_ids: imageIds, duration_sec: 7 }, 422, "MODEL_INPUT_INVALID"],
    [{ project_id, image_ids: imageIds, aspect_ratio: "21:9" }, 422, "MODEL_INPUT_INVALID"],
    [{ project_id, image_ids: imageIds, model: "sora-2" }, 410, "MODEL_RETIRED"],
    [{ project_id, image_ids: imageIds, model: "nope" }, 422, "MODEL_INPUT_INVALID"],
    [
      { project_id, image_ids: imageIds, model: "wan-2.5", prompt: "x".repeat(801) },
      422,
      "MODEL_INPUT_INVALID",
    ],
    [{ project_id, image_ids: [] }, 400, "VALIDATION_FAILED"],
    [{ project_id, image_ids: imageIds, scene_ids: [scenes[0]?.id] }, 400, "VALIDATION_FAILED"],
    [{ project_id, image_ids: [...imageIds, ...imageIds] }, 400, "VALIDATION_FAILED"],
    [{ project_id, image_ids: [crypto.randomUUID()] }, 404, "NOT_FOUND"],
    [{ project_id: bare.project.id, scene_ids: [bare.scenes[0]?.id] }, 409, "STATE_CONFLICT"],
  ];
  for (const [body, status, code] of cases) {
    const answer = await post("generate-video", body, as(user));
    assert.equal(answer.status, status, `${JSON.stringify(body).slice(0, 200)}: ${answer.text}`);
    assert.equal(answer.json["code"], code);
  }
  const allowed = await post(
    "generate-video",
    { project_id, image_ids: imageIds, duration_sec: 7 },
    as(user),
  );
  assert.deepEqual((allowed.json["details"] as { allowed: number[] }).allowed, [5, 10]);
  assert.equal((await ledgerOf(user.id)).charges, 1, "the picture alone");
});

Deno.test("promise 17: callbacks with a wrong token, task or signature are refused, and nothing changes", async () => {
  const user = await signUp();
  const { word, project, imageIds } = await illustrated(user);
  await setFault({ provider: "kie", kind: "endless", matching: word });
  const { jobs } = await user.studio.call("generate-video", {
    project_id: project.id,
    image_ids: imageIds,
    duration_sec: 5,
  });
  let creates = await providerCalls("kie", "create_task", word);
  for (; creates.length === 0; creates = await providerCalls("kie", "create_task", word)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const callback = new URL(JSON.parse(creates[0]?.body ?? "{}").callBackUrl);
  const forged = { code: 200, data: { taskId: creates[0]?.taskId, state: "success" } };
  const unsigned = await post(`video-webhook${callback.search}`, forged);
  assert.equal(unsigned.status, 401, unsigned.text);
  const search = new URLSearchParams(callback.search);
  search.set("token", "0".repeat(32));
  for (const query of [`?${search}`, "", "?provider=fal&attempt=x&token=y"]) {
    const answer = await post(`video-webhook${query}`, forged);
    assert.ok([401, 404].includes(answer.status), answer.text);
  }
  const [job] = await user.studio.jobs(jobs.map((row) => row.id));
  assert.equal(job?.woken_at, null);
  await withDatabase((sql) =>
    sql`update public.jobs set deadline_at = now() where id = ${jobs[0]?.id ?? ""}`
  );
  const [ended] = await user.studio.watch(jobs.map((row) => row.id));
  assert.equal(
    (ended?.error as { code: string }).code,
    "DEADLINE_EXCEEDED",
    "promise 9: an endless render ends",
  );
});
