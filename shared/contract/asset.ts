/** Pictures, audio, clips and films as stored. @module */
import { z } from "zod";
import { failure, id, instant } from "./fields.ts";
import { heardMusic } from "./music.ts";
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

/** When something it was made from changed. Null: it is still what it was made from. */
const stale = instant.nullable();

/** A picture. */
export const imageAssetRow = z.object({
  ...common,
  /** Null: it belongs to the project as a whole. */
  scene_id: id.nullable(),
  /** Whose reference it is. Null: nobody's. */
  character_id: id.nullable(),
  /** The shot it was drawn for. Null: none. */
  frame_id: id.nullable(),
  stale_at: stale,
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

/** Files that narration comes in; `ogg` is Opus. */
export const audioFormat: z.ZodEnum<{ mp3: "mp3"; ogg: "ogg" }> = z.enum(["mp3", "ogg"]);

/** A scene's narration. */
export const audioClipRow = z.object({
  ...common,
  scene_id: id,
  stale_at: stale,
  provider: z.string(),
  voice_id: z.string(),
  speed: z.number(),
  pitch: z.number().nullable(),
  volume_gain_db: z.number().nullable(),
  format: audioFormat,
  /** Seconds, measured from the audio. Null until ready. */
  duration_sec: z.number().nullable(),
});
/** A row of `audio_clips`. */
export type AudioClip = z.infer<typeof audioClipRow>;

/** A clip. */
export const videoClipRow = z.object({
  ...common,
  scene_id: id.nullable(),
  /** The shot it was rendered for. Null: none. */
  frame_id: id.nullable(),
  stale_at: stale,
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
  /** The picture of its first shot. Null until ready, or when that clip has none. */
  poster_url: z.url().nullable(),
  /** The same for the same clips, lengths, narration and music: hex SHA-256 of the planned cut. */
  cut_hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Its clips in order. Clips in a row with one narration share it: it runs on from one to the next. */
  cut: z.array(z.object({
    clip_id: id,
    audio_clip_id: id.nullable(),
    /** Where it begins in the film, seconds. Absent until ready. */
    start_sec: z.number().optional(),
    /** How long it is shown, seconds. Until ready only where that is less than the whole clip. */
    duration_sec: z.number().optional(),
    /** The music under the whole film, with its first clip. Absent: there is none. */
    music: heardMusic.optional(),
  })),
  /** WebVTT. Null until ready, and when nothing is said. */
  subtitles_vtt_url: z.url().nullable(),
  /** The same as SubRip. */
  subtitles_srt_url: z.url().nullable(),
});
/** A row of `films`. */
export type Film = z.infer<typeof filmRow>;
