/** Projects as stored. @module */
import { z } from "zod";
import { id, instant, language } from "./fields.ts";
import { PROJECT_STATUSES } from "./statuses.ts";

/** One film in the making. */
export const projectRow = z.object({
  id,
  user_id: id,
  title: z.string(),
  description: z.string(),
  /** Where it will be shown: `youtube`, `tiktok`, … Upright platforms get upright pictures. */
  platform: z.string(),
  category: z.string(),
  tone: z.string(),
  /** Wanted length in seconds. */
  target_length: z.int(),
  language,
  status: z.enum(PROJECT_STATUSES),
  /** Ceiling of its cost in credits. Null: none. */
  budget_credits: z.int().nullable(),
  deleted_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
});
/** A row of `projects`. */
export type Project = z.infer<typeof projectRow>;
