/**
 * Who is in a film, and its shots.
 *
 * @module
 */
import { z } from "zod";
import { id, instant } from "./fields.ts";

/** A row of `characters`. */
export const characterRow = z.object({
  id,
  user_id: id,
  project_id: id,
  name: z.string(),
  /** How they look. */
  description: z.string(),
  /** Null: the narrator speaks for them. */
  voice_id: z.string().nullable(),
  /** The reference picture. Null: not drawn yet. */
  image_id: id.nullable(),
  /** Null: a film waits for the user's word. */
  confirmed_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
});
/** A row of `characters`. */
export type Character = z.infer<typeof characterRow>;

/** A row of `frames`. */
export const frameRow = z.object({
  id,
  user_id: id,
  project_id: id,
  scene_id: id,
  /** From 1, within its scene. */
  index: z.int(),
  camera: z.string(),
  /** What is to be seen. */
  action: z.string(),
  /** What happens, for the clip. */
  video_prompt: z.string(),
  /** Seconds shown in the film. Null: not fitted yet. */
  duration_sec: z.number().nullable(),
  image_id: id.nullable(),
  video_clip_id: id.nullable(),
  created_at: instant,
  updated_at: instant,
});
/** A row of `frames`. */
export type Frame = z.infer<typeof frameRow>;
