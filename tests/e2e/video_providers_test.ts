import assert from "node:assert/strict";
import {
  falLastFrame,
  falVideoInput,
} from "../../supabase/functions/_shared/providers/fal_video_input.ts";
import { kieInput, kieLastFrame } from "../../supabase/functions/_shared/providers/kie_input.ts";
import type { VideoRequest } from "../../supabase/functions/_shared/providers/render.ts";
import {
  runwayInput,
  runwayLastFrame,
} from "../../supabase/functions/_shared/providers/runway_input.ts";
import { findFalEndpoint } from "../../supabase/local/providers/fal_endpoints.ts";
import { isKieRefusal, judgeKieInput } from "../../supabase/local/providers/kie_schema.ts";
import { isRunwayWork, judgeRunwayBody } from "../../supabase/local/providers/runway_schema.ts";
import { probeMp4 } from "../../supabase/functions/_shared/media/probe_mp4.ts";
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

/** A project with one picture, and a word that names it at the providers. */
async function illustrated(user: TestUser) {
  const word = uniqueWord();
  const { project, scenes } = await createProject(user, [`A fox looks up, ${word}`]);
  const drawn = await user.studio.call("generate-image", { scene_id: scenes[0]?.id ?? "" });
  await user.studio.watch([drawn.job.id]);
  return { word, projectId: project.id, imageId: drawn.image_asset.id };
}

/** Asks for one clip, and gives its row's id and its job's. */
async function startClip(
  user: TestUser,
  { projectId, imageId }: { readonly projectId: string; readonly imageId: string },
  clip: { readonly model: string; readonly duration_sec: number },
) {
  const { jobs, video_clips, credits_charged } = await user.studio.call("generate-video", {
    project_id: projectId,
    image_ids: [imageId],
    ...clip,
  });
  return {
    jobId: jobs[0]?.id ?? "",
    clipId: video_clips[0]?.id ?? "",
    creditsCharged: credits_charged,
  };
}

async function clipOf(user: TestUser, id: string) {
  const { data } = await user.studio.supabase.from("video_clips").select("*").eq("id", id).single();
  assert.ok(data);
  return data;
}

/** Has the poller look now rather than at the model's typical time, until the job ends. */
async function pollUntilEnded(user: TestUser, jobId: string) {
  for (let tries = 0; tries < 80; tries++) {
    const [job] = await user.studio.jobs([jobId]);
    if (job?.state === "succeeded" || job?.state === "failed") return job;
    await withDatabase((sql) =>
      sql`update public.jobs set run_at = now() where id = ${jobId} and state = 'waiting'`
    );
    await post("poll-video", {}, { apikey: stack.secretKey });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("The job does not end");
}

/** The clip is ours now: ready, of the asked length, in our Storage. */
async function assertReady(user: TestUser, clipId: string, seconds: number) {
  const clip = await clipOf(user, clipId);
  assert.equal(clip.status, "ready", JSON.stringify(clip.error));
  assert.ok(clip.url?.startsWith(`${stack.url}/storage/v1/object/public/aiauto/projects/`));
  const { durationSeconds, width, height } = await probeMp4(
    await (await fetch(clip.url ?? "")).bytes(),
  );
  assert.equal(Math.round(durationSeconds), seconds);
  assert.deepEqual([width, height], [640, 360], "as every simulated clip of 16:9 is");
  return clip;
}

Deno.test("generate-video renders at fal, by its signed webhook, when its model is asked for", async () => {
  const user = await signUp();
  const { word, ...picture } = await illustrated(user);
  const clip = await startClip(user, picture, { model: "veo-3.1", duration_sec: 4 });
  assert.equal(clip.creditsCharged, 80);
  const [job] = await user.studio.watch([clip.jobId]);
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  assert.ok(job.woken_at, "the first look is due after 30 s: the webhook was sooner");
  const { provider } = await assertReady(user, clip.clipId, 4);
  assert.equal(provider, "fal");
  const submits = (await providerCalls("fal", "submit", word))
    .filter(({ path }) => path === "/fal-ai/veo3.1/image-to-video");
  assert.equal(submits.length, 1);
  assert.equal(JSON.parse(submits[0]?.body ?? "{}").duration, "4s");
});

Deno.test("generate-video renders at Runway, by looking alone, when its model is asked for", async () => {
  const user = await signUp();
  const { word, ...picture } = await illustrated(user);
  const clip = await startClip(user, picture, { model: "gen4_turbo", duration_sec: 2 });
  assert.equal(clip.creditsCharged, 10);
  const job = await pollUntilEnded(user, clip.jobId);
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  assert.equal(job.woken_at, null, "Runway calls nobody back");
  const { provider } = await assertReady(user, clip.clipId, 2);
  assert.equal(provider, "runway");
  const creates = await providerCalls("runway", "image_to_video", word);
  assert.equal(creates.length, 1);
  const sent = JSON.parse(creates[0]?.body ?? "{}");
  assert.deepEqual([sent.model, sent.ratio, sent.duration], ["gen4_turbo", "1280:720", 2]);
  assert.ok(!creates[0]?.body.includes("token="), "a token that nobody needs stays here");
});

Deno.test("generate-video gets a clip whose URL at Runway had expired by looking again", async () => {
  const user = await signUp();
  const { word, ...picture } = await illustrated(user);
  await setFault({ provider: "runway", kind: "expired_url", matching: word, times: 1 });
  const clip = await startClip(user, picture, { model: "gen4_turbo", duration_sec: 2 });
  const job = await pollUntilEnded(user, clip.jobId);
  assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  assert.equal(job.failure_count, 0, "no try of the job was spent on it");
  await assertReady(user, clip.clipId, 2);
  assert.equal((await providerCalls("runway", "image_to_video", word)).length, 1);
});

Deno.test("generate-video gets a clip whose URL at KIE had expired under a new one, within the same look", async () => {
  const user = await signUp();
  const { word, ...picture } = await illustrated(user);
  await setFault({ provider: "kie", kind: "expired_url", matching: word, times: 1 });
  const clip = await startClip(user, picture, { model: "kling-2.1-standard", duration_sec: 5 });
  const [job] = await user.studio.watch([clip.jobId]);
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  assert.equal(job?.failure_count, 0, "no try of the job was spent on it");
  await assertReady(user, clip.clipId, 5);
  assert.equal((await providerCalls("kie", "create_task", word)).length, 1);
});

Deno.test("generate-video renders from one picture to another, and refuses a last frame before any charge", async () => {
  const user = await signUp();
  const { studio } = user;
  const { word, ...picture } = await illustrated(user);
  const other = await studio.call("generate-image", { project_id: picture.projectId });
  await studio.watch([other.job.id]);
  const { data: den } = await studio.supabase.from("image_assets").select("url")
    .eq("id", other.image_asset.id).single();
  const request = {
    project_id: picture.projectId,
    image_ids: [picture.imageId],
    last_image_id: other.image_asset.id,
    duration_sec: 5,
  };
  const before = await ledgerOf(user.id);
  const refused = await post("generate-video", { ...request, model: "wan-2.5" }, as(user));
  assert.equal(refused.status, 422, refused.text);
  const { details } = refused.json as { details: { field: string; allowed: string[] } };
  assert.equal(details.field, "last_image_id");
  assert.ok(
    details.allowed.includes("kling-2.5-turbo-pro") && !details.allowed.includes("wan-2.5"),
  );
  const two = { ...request, image_ids: [picture.imageId, other.image_asset.id] };
  assert.equal((await post("generate-video", two, as(user))).status, 400);
  const stranger = await illustrated(await signUp());
  const theirs = { ...request, last_image_id: stranger.imageId };
  assert.equal((await post("generate-video", theirs, as(user))).status, 404);
  assert.equal((await ledgerOf(user.id)).balance, before.balance);

  const { jobs, video_clips } = await studio.call("generate-video", request);
  const [job] = await studio.watch([jobs[0]?.id ?? ""]);
  assert.equal(job?.state, "succeeded", JSON.stringify(job?.error));
  await assertReady(user, video_clips[0]?.id ?? "", 5);
  const [create] = await providerCalls("kie", "create_task", word);
  assert.equal(JSON.parse(create?.body ?? "{}").input.tail_image_url, den?.url);
});

const REFUSALS: readonly (readonly [string, string, number])[] = [
  ["fal", "fal-kling-3.0-pro", 3],
  ["runway", "gen4.5", 2],
];
for (const [provider, model, duration_sec] of REFUSALS) {
  Deno.test(`promise 4: generate-video ends failed with CONTENT_REFUSED and one refund when ${provider} refuses`, async () => {
    const user = await signUp();
    const { word, ...picture } = await illustrated(user);
    await setFault({ provider, kind: "refuse", matching: word });
    const before = await ledgerOf(user.id);
    const clip = await startClip(user, picture, { model, duration_sec });
    const job = await pollUntilEnded(user, clip.jobId);
    assert.equal((job.error as { code: string }).code, "CONTENT_REFUSED");
    assert.equal((await clipOf(user, clip.clipId)).status, "failed");
    const after = await ledgerOf(user.id);
    assert.deepEqual([after.balance, after.refunds], [before.balance, 1]);
  });
}

Deno.test("cancel-job has Runway stop a clip that is being rendered", async () => {
  const user = await signUp();
  const { word, ...picture } = await illustrated(user);
  await setFault({ provider: "runway", kind: "endless", matching: word });
  const clip = await startClip(user, picture, { model: "gen4_turbo", duration_sec: 2 });
  let taskId: string | null = null;
  for (let tries = 0; taskId === null; tries++) {
    assert.ok(tries < 100, "the clip was never submitted");
    await new Promise((resolve) => setTimeout(resolve, 100));
    taskId = (await clipOf(user, clip.clipId)).external_task_id;
  }
  await user.studio.call("cancel-job", { job_id: clip.jobId });
  for (let tries = 0;; tries++) {
    assert.ok(tries < 100, "Runway was never told");
    const told = await providerCalls("runway", "cancel", "");
    if (told.some((call) => call.taskId === taskId && call.status === 204)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

Deno.test("stitch-video cuts one film from clips of three providers", async () => {
  const user = await signUp();
  const { studio } = user;
  const models = [
    { model: "wan-2.5", duration_sec: 5 },
    { model: "fal-kling-3.0-pro", duration_sec: 3 },
    { model: "gen4_turbo", duration_sec: 2 },
  ];
  const { project, scenes } = await createProject(user, models.map(({ model }) => model));
  const drawn = await Promise.all(
    scenes.map((scene) => studio.call("generate-image", { scene_id: scene.id })),
  );
  await studio.watch(drawn.map(({ job }) => job.id));
  await Promise.all(models.map(async (wish, at) => {
    const picture = { projectId: project.id, imageId: drawn[at]?.image_asset.id ?? "" };
    const { jobId } = await startClip(user, picture, wish);
    const job = await pollUntilEnded(user, jobId);
    assert.equal(job.state, "succeeded", JSON.stringify(job.error));
  }));
  const { film, job } = await studio.call("stitch-video", { project_id: project.id });
  const [cut] = await studio.watch([job.id]);
  assert.equal(cut?.state, "succeeded", JSON.stringify(cut?.error));
  const { data } = await studio.supabase.from("films").select("*").eq("id", film.id).single();
  assert.equal(Math.round(data?.duration_sec ?? 0), 10);
});

/** What each adapter makes of a request, and whether its provider's documented schema takes that. */
const ACCEPTS: Readonly<Record<string, (request: VideoRequest) => boolean>> = {
  kie: (request) => !isKieRefusal(judgeKieInput(request.endpoint, kieInput(request))),
  fal: (request) => "kind" in (findFalEndpoint(request.endpoint)?.(falVideoInput(request)) ?? {}),
  runway: (request) => isRunwayWork(judgeRunwayBody(runwayInput(request))),
};

/** Whether each adapter has a place for a last frame. */
const LAST_FRAMES: Readonly<Record<string, (endpoint: string) => string>> = {
  kie: kieLastFrame,
  fal: falLastFrame,
  runway: runwayLastFrame,
};

Deno.test("every clip model of the catalogue is taken at each of its lengths and shapes, by adapter and provider", async () => {
  const models = await withDatabase((sql) =>
    sql<{
      id: string;
      provider: string;
      endpoint: string;
      limits: {
        durations_sec: number[];
        aspect_ratios: string[];
        max_prompt_chars: number;
        last_frame?: boolean;
        last_frame_required?: boolean;
      };
    }[]>`
      select m.id, m.provider, m.endpoint, m.limits from public.models as m
      where m.kind = 'video' and m.retired_at is null order by m.id`
  );
  assert.deepEqual(
    [...new Set(models.map(({ provider }) => provider))].sort(),
    Object.keys(ACCEPTS).sort(),
  );
  for (const { id, provider, endpoint, limits } of models) {
    assert.ok(limits.durations_sec.length > 0 && limits.aspect_ratios.length > 0, id);
    const last = limits.last_frame_required ? "must" : limits.last_frame ? "may" : "no";
    assert.equal(last, LAST_FRAMES[provider]?.(endpoint), `${id}: the last frame`);
    for (const durationSeconds of limits.durations_sec) {
      for (const aspectRatio of limits.aspect_ratios) {
        const request = {
          endpoint,
          prompt: "x".repeat(limits.max_prompt_chars),
          imageUrl: "https://example.com/fox.jpg",
          ...(last === "no" ? {} : { lastImageUrl: "https://example.com/den.jpg" }),
          durationSeconds,
          aspectRatio,
        };
        assert.ok(ACCEPTS[provider]?.(request), `${id}: ${durationSeconds} s, ${aspectRatio}`);
      }
    }
  }
});
