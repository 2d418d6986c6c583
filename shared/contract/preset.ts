/** Styles for clips as stored. @module */
import { z } from "zod";
import { aspectRatio, instant } from "./fields.ts";

/** Name of a style in requests. */
export const presetSlug: z.ZodString = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/).max(60);

/** A dance, a camera move or a look. Read through the Data API by every signed-in user. */
export const presetRow = z.object({
  slug: presetSlug,
  kind: z.enum(["dance", "camera", "look"]),
  name_en: z.string(),
  name_ko: z.string(),
  description_en: z.string(),
  description_ko: z.string(),
  /** `{subject}`: who or what the picture shows; `{prompt}`: the user's words. */
  prompt_template: z.string(),
  /** Used where a request does not say. */
  sample_settings: z.object({
    /** Seconds; the nearest that the model takes. */
    duration_sec: z.int().optional(),
    aspect_ratio: aspectRatio.optional(),
    /** Catalogue id. */
    model: z.string().optional(),
  }),
  /** Order within its kind, ascending. */
  sort: z.int(),
  /** False: no longer offered. */
  active: z.boolean(),
  created_at: instant,
  updated_at: instant,
});
/** A row of `presets`. */
export type Preset = z.infer<typeof presetRow>;
