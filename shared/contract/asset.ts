/** Pictures, audio, clips and films as stored. @module */
import { z } from "zod";
import { failure, id, instant } from "./fields.ts";
import { ASSET_STATUSES } from "./statuses.ts";

const common = {
  id,
  user_id: id,
  project_id: id,
  /** Public URL in our own Storage. Null until `ready`. */
  url: z.url().nullable(),
  status: z.enum(ASSET_STATUSES),
  error: failure,
  created_at: instant,
  updated_at: instant,
};

/** A picture. */
export const imageAssetRow = z.object({
  ...common,
  /** Null: it belongs to the project as a whole. */
  scene_id: id.nullable(),
  source: z.enum(["generated", "uploaded"]),
  prompt: z.string(),
  /** Catalogue id. Null for uploads. */
  model: z.string().nullable(),
  /** The picture that stands for its scene: at most one a scene. */
  is_main: z.boolean(),
  /** Pixels. Null until ready. */
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** SHA-256 of an uploaded picture as it is kept, in hex. Null: drawn by us. */
  content_hash: z.string().nullable(),
});
/** A row of `image_assets`. */
export type ImageAsset = z.infer<typeof imageAssetRow>;

/** A scene's narration. */
export const audioClipRow = z.object({
  ...common,
  scene_id: id,
  provider: z.string(),
  voice_id: z.string(),
  speed: z.number(),
  pitch: z.number().nullable(),
  volume_gain_db: z.number().nullable(),
  /** Seconds, measured from the audio. Null until ready. */
  duration_sec: z.number().nullable(),
});
/** A row of `audio_clips`. */
export type AudioClip = z.infer<typeof audioClipRow>;

/** A clip. */
export const videoClipRow = z.object({
  ...common,
  scene_id: id.nullable(),
  image_id: id.nullable(),
  thumbnail_url: z.url().nullable(),
  provider: z.string(),
  model_id: z.string(),
  /** What the model was asked for, as it was sent. */
  prompt: z.string(),
  /** The style it was made in. Null: none. */
  preset: z.string().nullable(),
  /** Who wrote `prompt`. Null: not known. */
  prompt_by: z.enum(["user", "template", "model"]).nullable(),
  aspect_ratio: z.string(),
  /** Seconds: as asked until ready, as measured then. */
  duration_sec: z.number(),
  external_task_id: z.string().nullable(),
});
/** A row of `video_clips`. */
export type VideoClip = z.infer<typeof videoClipRow>;

/** A film. */
export const filmRow = z.object({
  ...common,
  duration_sec: z.number().nullable(),
  /** Its clips in order, with the narration under each. */
  cut: z.array(z.object({
    clip_id: id,
    audio_clip_id: id.nullable(),
    /** Where it begins in the film, seconds. Absent until ready. */
    start_sec: z.number().optional(),
    duration_sec: z.number().optional(),
  })),
});
/** A row of `films`. */
export type Film = z.infer<typeof filmRow>;
