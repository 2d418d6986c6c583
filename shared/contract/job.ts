/** Jobs as stored. @module */
import { z } from "zod";
import { failure, id, instant } from "./fields.ts";
import { FILM_STAGES, JOB_KINDS, JOB_STATES } from "./statuses.ts";

/** One piece of work with a price, a deadline and an end. Columns of the engine's own are left out here. */
export const jobRow = z.object({
  id,
  user_id: id,
  project_id: id.nullable(),
  kind: z.enum(JOB_KINDS),
  /** The asset it fills. Null for scripts. */
  subject_id: id.nullable(),
  state: z.enum(JOB_STATES),
  /** The production it belongs to. Null: it was asked for by itself. */
  parent_id: id.nullable(),
  /** What a production works on, or `confirmation`. Null for other kinds. */
  stage: z.enum([...FILM_STAGES, "confirmation"]).nullable(),
  /** 0..1. */
  progress: z.number().min(0).max(1),
  /** What came out, by kind. Null until it succeeded. */
  result: z.record(z.string(), z.unknown()).nullable(),
  error: failure,
  provider: z.string().nullable(),
  model_id: z.string().nullable(),
  /** What was charged. */
  credits: z.int(),
  deadline_at: instant,
  created_at: instant,
  updated_at: instant,
  finished_at: instant.nullable(),
});
/** A row of `jobs`. */
export type Job = z.infer<typeof jobRow>;
