/**
 * Operations that make one thing each: a script, pictures, narration, clips, a film.
 *
 * @module
 */
import { z } from "zod";
import { audioClipRow, audioFormat, filmRow, imageAssetRow, videoClipRow } from "./asset.ts";
import { aspectRatio, id, language } from "./fields.ts";
import { jobRow } from "./job.ts";
import {
  MAX_CLIPS_PER_FILM,
  MAX_CLIPS_PER_REQUEST,
  MAX_PROMPT_CHARS,
  MAX_SCENES,
  MAX_SSML_CHARS,
} from "./limits.ts";
import { filmMusic } from "./music.ts";
import { money, type OperationDefinition } from "./operation.ts";
import { presetSlug } from "./preset.ts";
import { projectRow } from "./project.ts";
import { sceneRow } from "./scene.ts";

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

/** Exactly one of scene and project; a character or a shot of the project gets the picture as its own. */
export const generateImageRequest = z.strictObject({
  scene_id: id.optional(),
  project_id: id.optional(),
  character_id: id.optional(),
  frame_id: id.optional(),
  style_prompt: z.string().trim().max(1000).optional(),
  aspect_ratio: aspectRatio.optional(),
  model: modelId.optional(),
  /** Candidates to choose from, 1..4: each is a picture of its own, charged on its own. */
  num_images: z.int().min(1).max(4).default(1),
  /** Fields of the model's own input, such as `seed`: those of its row's `limits.options`. */
  model_options: z.strictObject({
    seed: z.int().min(0).max(4294967295).optional(),
    num_inference_steps: z.int().min(1).max(50).optional(),
    guidance_scale: z.number().min(1).max(20).optional(),
  }).optional(),
}).refine((r) => (r.scene_id === undefined) !== (r.project_id === undefined), {
  error: "Give exactly one of scene_id and project_id",
}).refine(
  (r) =>
    (r.character_id === undefined && r.frame_id === undefined) ||
    (r.project_id !== undefined && (r.character_id === undefined || r.frame_id === undefined)),
  { error: "Give character_id or frame_id, with its project_id" },
);

/** One scene, or all scenes of a project. */
export const generateAudioRequest = z.strictObject({
  scene_id: id.optional(),
  project_id: id.optional(),
  voice_id: z.string().regex(/^[A-Za-z]{2,3}-[A-Za-z0-9-]{2,90}$/).optional(),
  speed: z.number().min(0.25).max(2).optional(),
  pitch: z.number().min(-20).max(20).optional(),
  volume_gain_db: z.number().min(-96).max(16).optional(),
  /** `ogg` is Opus: it sounds better at the same size. Films are cut from `mp3` alone. */
  format: audioFormat.default("mp3"),
  /** True: the scene's text is SSML. A text: this SSML instead of the scene's text, for one scene. */
  ssml: z.union([z.boolean(), z.string().trim().min(1).max(MAX_SSML_CHARS)]).default(false),
}).refine((r) => (r.scene_id === undefined) !== (r.project_id === undefined), {
  error: "Give exactly one of scene_id and project_id",
}).refine((r) => typeof r.ssml === "boolean" || r.scene_id !== undefined, {
  error: "An ssml text is for one scene: give scene_id",
});

/** Pictures, or scenes whose main pictures are meant. */
export const generateVideoRequest = z.strictObject({
  project_id: id,
  image_ids: z.array(id).min(1).max(MAX_CLIPS_PER_REQUEST).optional(),
  scene_ids: z.array(id).min(1).max(MAX_CLIPS_PER_REQUEST).optional(),
  /** A ready picture of the project the clip is to end with, for models whose row says `last_frame`. */
  last_image_id: id.optional(),
  model: modelId.optional(),
  /** Sent as it is; with a preset, worked into the style's own prompt. */
  prompt: z.string().trim().min(1).max(MAX_PROMPT_CHARS).optional(),
  /** A style of the catalogue, such as `hip-hop`. Its settings count where the request does not say. */
  preset: presetSlug.optional(),
  aspect_ratio: aspectRatio.optional(),
  /** Seconds. Absent: the model's shortest that covers the scene's narration. */
  duration_sec: z.int().min(1).max(60).optional(),
}).refine((r) => (r.image_ids === undefined) !== (r.scene_ids === undefined), {
  error: "Give exactly one of image_ids and scene_ids",
}).refine((r) => {
  const ids = r.image_ids ?? r.scene_ids ?? [];
  return new Set(ids).size === ids.length;
}, { error: "An id is given twice" }).refine(
  (r) => r.last_image_id === undefined || (r.image_ids ?? r.scene_ids ?? []).length === 1,
  { error: "Give last_image_id with exactly one picture or scene" },
);

/** One clip of a film as its maker wants it. */
export const cutClip = z.strictObject({
  clip_id: id,
  /** Seconds from its beginning that are shown. Absent: all of it. At most its own length. */
  duration_sec: z.number().min(0.2).max(600).optional(),
  /** False: its scene's narration is not heard over it. */
  audio: z.boolean().default(true),
});

/**
 * All scenes' newest ready clips in order, or the clips named, or a cut: which clips, in which order, for how
 * long.
 */
export const stitchVideoRequest = z.strictObject({
  project_id: id,
  clip_ids: z.array(id).min(1).max(MAX_CLIPS_PER_FILM).optional(),
  cut: z.array(cutClip).min(1).max(MAX_CLIPS_PER_FILM).optional(),
  /** Under the whole film. Absent: none. */
  music: filmMusic.optional(),
}).refine((r) => r.clip_ids === undefined || r.cut === undefined, {
  error: "Give clip_ids or cut, not both",
});

/** By name. */
export const MEDIA_OPERATIONS = {
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
    summary: "Draw pictures for a scene or a project",
    request: generateImageRequest,
    response: z.object({
      image_asset: imageAssetRow,
      job: jobRow,
      image_assets: z.array(imageAssetRow),
      jobs: z.array(jobRow),
      ...money,
    }),
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
    summary: "Cut clips, narration and music into one film",
    request: stitchVideoRequest,
    response: z.object({ film: filmRow, job: jobRow, ...money }),
  },
} as const satisfies Record<string, OperationDefinition>;
