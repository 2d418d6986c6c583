/**
 * The operations: the one list from which server, client, docs and tests derive.
 *
 * @module
 */
import { z } from "zod";
import { audioClipRow, filmRow, imageAssetRow, videoClipRow } from "./asset.ts";
import { aspectRatio, failure, id, instant, language } from "./fields.ts";
import { jobRow } from "./job.ts";
import {
  MAX_CLIPS_PER_FILM,
  MAX_CLIPS_PER_REQUEST,
  MAX_PROMPT_CHARS,
  MAX_SCENES,
} from "./limits.ts";
import { projectRow } from "./project.ts";
import { sceneRow } from "./scene.ts";
import { ASSET_STATUSES, JOB_KINDS, JOB_STATES } from "./statuses.ts";

/**
 * Who may call: users with their JWT, our own cron with the secret key, either of the two, or providers
 * with a token of ours.
 */
export type Caller = "user" | "cron" | "user_or_service" | "provider";

/** What every list entry says. */
export interface OperationDefinition {
  /** Who may call it. */
  readonly caller: Caller;
  /** True when it charges credits: `Idempotency-Key` is then required. */
  readonly spends: boolean;
  /** True when it only reads: `GET` with the request in the query string works too. Absent: it does not. */
  readonly reads?: boolean;
  /** Status of success. 202: the rows are there and will fill; the body shows them as pending. */
  readonly status: 200 | 202;
  /** One line for the docs. */
  readonly summary: string;
  /** Checks and completes the body. */
  readonly request: z.ZodType;
  /** What a success's body is. */
  readonly response: z.ZodType;
}

const money = {
  /** What this call charged, in credits. */
  credits_charged: z.int(),
  /** What is left, in credits. */
  balance: z.int(),
};

const short = z.string().trim().min(1).max(50);
const modelId = z.string().min(1).max(100);

/** The operation's request: what to tell, and how. */
export const generateScriptRequest = z.strictObject({
  prompt: z.string().trim().min(1).max(MAX_PROMPT_CHARS),
  options: z.strictObject({
    platform: short.optional(),
    category: short.optional(),
    tone: short.optional(),
    language: language.optional(),
    /** Seconds, 3..600. */
    target_length: z.int().min(3).max(600).optional(),
    scene_count: z.int().min(1).max(MAX_SCENES).optional(),
    model: modelId.optional(),
  }).default({}),
});

/** Exactly one of scene and project. */
export const generateImageRequest = z.strictObject({
  scene_id: id.optional(),
  project_id: id.optional(),
  style_prompt: z.string().trim().max(1000).optional(),
  aspect_ratio: aspectRatio.optional(),
  model: modelId.optional(),
  /** Fields of the model's own input, such as `seed`. */
  model_options: z.strictObject({
    seed: z.int().min(0).max(4294967295).optional(),
    num_inference_steps: z.int().min(1).max(50).optional(),
    guidance_scale: z.number().min(1).max(20).optional(),
  }).optional(),
}).refine((r) => (r.scene_id === undefined) !== (r.project_id === undefined), {
  error: "Give exactly one of scene_id and project_id",
});

/** One scene, or all scenes of a project. */
export const generateAudioRequest = z.strictObject({
  scene_id: id.optional(),
  project_id: id.optional(),
  voice_id: z.string().regex(/^[A-Za-z]{2,3}-[A-Za-z0-9-]{2,90}$/).optional(),
  speed: z.number().min(0.25).max(2).optional(),
  pitch: z.number().min(-20).max(20).optional(),
  volume_gain_db: z.number().min(-96).max(16).optional(),
}).refine((r) => (r.scene_id === undefined) !== (r.project_id === undefined), {
  error: "Give exactly one of scene_id and project_id",
});

/** Pictures, or scenes whose main pictures are meant. */
export const generateVideoRequest = z.strictObject({
  project_id: id,
  image_ids: z.array(id).min(1).max(MAX_CLIPS_PER_REQUEST).optional(),
  scene_ids: z.array(id).min(1).max(MAX_CLIPS_PER_REQUEST).optional(),
  model: modelId.optional(),
  prompt: z.string().trim().min(1).max(MAX_PROMPT_CHARS).optional(),
  aspect_ratio: aspectRatio.optional(),
  /** Seconds. Absent: the model's shortest that covers the scene's narration. */
  duration_sec: z.int().min(1).max(60).optional(),
}).refine((r) => (r.image_ids === undefined) !== (r.scene_ids === undefined), {
  error: "Give exactly one of image_ids and scene_ids",
}).refine((r) => {
  const ids = r.image_ids ?? r.scene_ids ?? [];
  return new Set(ids).size === ids.length;
}, { error: "An id is given twice" });

/** All scenes' newest ready clips in order, or the clips named. */
export const stitchVideoRequest = z.strictObject({
  project_id: id,
  clip_ids: z.array(id).min(1).max(MAX_CLIPS_PER_FILM).optional(),
});

/** A job of the caller's. */
export const jobRequest = z.strictObject({ job_id: id });

/** A job, now or once it has changed. */
export const getJobRequest = z.strictObject({
  job_id: id,
  /** Seconds to wait for the job's end before answering, 0..25. */
  wait: z.coerce.number().min(0).max(25).default(0),
});

/** A clip as a player wants it. */
export const videoStatusResponse = z.object({
  job_id: id,
  status: z.enum(ASSET_STATUSES),
  /** 0..1. */
  progress: z.number(),
  /** Null until ready. */
  video_url: z.url().nullable(),
  /** The source picture until there is a better one. */
  thumbnail_url: z.url().nullable(),
  error: failure,
});

/** How the queue stands: unfinished jobs, and those that ended in the last 24 hours. */
export const queueStatusResponse = z.object({
  counts: z.array(
    z.object({ kind: z.enum(JOB_KINDS), state: z.enum(JOB_STATES), count: z.int() }),
  ),
  unfinished_count: z.int(),
  oldest_unfinished_at: instant.nullable(),
});

/** Any asset, as its job's kind says. */
const assetRow = z.union([videoClipRow, audioClipRow, imageAssetRow, filmRow]);

/** What cron sends: nothing. */
export const tickRequest = z.strictObject({});

/** The tick was heard; the work goes on after the answer. */
export const tickResponse = z.object({ accepted: z.literal(true) });

/** What a provider calls back with: its own words, of which only the task's name is read. */
export const webhookRequest = z.looseObject({});

/** Every operation by its name, which is its URL below `/functions/v1/`. All take `POST`. */
export const OPERATIONS = {
  "generate-script": {
    caller: "user",
    spends: true,
    status: 200,
    summary: "Write a project with scenes 1..N from a prompt",
    request: generateScriptRequest,
    response: z.object({ project: projectRow, scenes: z.array(sceneRow).min(1), ...money }),
  },
  "generate-image": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Draw a picture for a scene or a project",
    request: generateImageRequest,
    response: z.object({ image_asset: imageAssetRow, job: jobRow, ...money }),
  },
  "generate-audio": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Speak the narration of one scene or of all",
    request: generateAudioRequest,
    response: z.object({ audio_clips: z.array(audioClipRow), jobs: z.array(jobRow), ...money }),
  },
  "generate-video": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Render clips from pictures",
    request: generateVideoRequest,
    response: z.object({ video_clips: z.array(videoClipRow), jobs: z.array(jobRow), ...money }),
  },
  "stitch-video": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Cut clips and narration into one film",
    request: stitchVideoRequest,
    response: z.object({ film: filmRow, job: jobRow, ...money }),
  },
  "get-job": {
    caller: "user",
    spends: false,
    reads: true,
    status: 200,
    summary: "See a job and the asset it fills, or wait for its end",
    request: getJobRequest,
    response: z.object({ job: jobRow, asset: assetRow.nullable() }),
  },
  "get-video-status": {
    caller: "user",
    spends: false,
    reads: true,
    status: 200,
    summary: "See how far a clip is",
    request: jobRequest,
    response: videoStatusResponse,
  },
  "cancel-job": {
    caller: "user",
    spends: false,
    status: 200,
    summary: "Stop a job and everything under it, and get back what was not delivered",
    request: jobRequest,
    response: z.object({ job: jobRow, cancelled_count: z.int(), balance: z.int() }),
  },
  "retry-job": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Try a failed or cancelled job's asset again",
    request: jobRequest,
    response: z.object({ asset: assetRow, job: jobRow, ...money }),
  },
  "queue-status": {
    caller: "user_or_service",
    spends: false,
    reads: true,
    status: 200,
    summary: "Count jobs by kind and state: one's own, or all with the secret key",
    request: tickRequest,
    response: queueStatusResponse,
  },
  "poll-video": {
    caller: "cron",
    spends: false,
    status: 202,
    summary: "Look at renders that are due",
    request: tickRequest,
    response: tickResponse,
  },
  "run-jobs": {
    caller: "cron",
    spends: false,
    status: 202,
    summary: "Start jobs that wait, and take over those of dead workers",
    request: tickRequest,
    response: tickResponse,
  },
  "video-webhook": {
    caller: "provider",
    spends: false,
    status: 200,
    summary: "Hear that a provider's task has changed",
    request: webhookRequest,
    response: z.object({ code: z.literal(200), msg: z.string() }),
  },
} as const satisfies Record<string, OperationDefinition>;

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** Body of a request as a client writes it (before defaults). */
export type OperationRequest<Name extends OperationName> = z.input<
  (typeof OPERATIONS)[Name]["request"]
>;

/** Body of a success. */
export type OperationResponse<Name extends OperationName> = z.output<
  (typeof OPERATIONS)[Name]["response"]
>;
