/**
 * Views for one-call reads. The generated types say `Json` and "maybe null" of every column of a view; these say
 * what is in them.
 *
 * @module
 */
import { z } from "zod";
import { audioClipRow, filmRow, imageAssetRow, videoClipRow } from "./asset.ts";
import { id, instant } from "./fields.ts";
import { frameRow } from "./film.ts";
import { jobRow } from "./job.ts";
import { projectRow } from "./project.ts";
import { sceneRow } from "./scene.ts";
import { JOB_KINDS, JOB_STATES } from "./statuses.ts";

/** A scene with what stands for it. */
export const overviewScene = sceneRow.pick({
  id: true,
  index: true,
  title: true,
  text: true,
  plot: true,
  notes: true,
}).extend({
  /** Null: no picture is ready. */
  main_image: imageAssetRow.nullable(),
  /** The newest that is ready. Null: none. */
  audio_clip: audioClipRow.nullable(),
  /** The newest, whatever its status. Null: none was asked for. */
  video_clip: videoClipRow.nullable(),
  /** In order, each with what was chosen for it. Empty: none are written. */
  shots: z.array(
    frameRow.extend({ image: imageAssetRow.nullable(), video_clip: videoClipRow.nullable() }),
  ),
});

/** A row of `project_overview`. */
export const projectOverviewRow = projectRow.omit({ deleted_at: true }).extend({
  /** In order. */
  scenes: z.array(overviewScene),
  /** The newest, whatever its status. Null: none was asked for. */
  film: filmRow.nullable(),
  /** Without the states no job is in. */
  job_counts: z.partialRecord(z.enum(JOB_STATES), z.int()),
  /** The unfinished ones, then the others, newest first, 100 at most. */
  jobs: z.array(jobRow),
});
/** A row of `project_overview`. */
export type ProjectOverview = z.infer<typeof projectOverviewRow>;

/** A row of `credit_history`. */
export const creditHistoryRow = z.object({
  /** In the ledger's order. */
  id: z.int(),
  created_at: instant,
  /** Credits: positive to the user, negative from the user. */
  amount: z.int(),
  /** Credits left after this entry. */
  balance: z.int(),
  kind: z.enum(["grant", "charge", "refund", "adjustment"]),
  /** The operation of a charge, the code that ended the job of a refund, or what a grant was for. */
  reason: z.string(),
  /** Null for entries without a job. */
  job_id: id.nullable(),
  /** This and the rest: null without a job, and once its project was deleted. */
  job_kind: z.enum(JOB_KINDS).nullable(),
  job_state: z.enum(JOB_STATES).nullable(),
  project_id: id.nullable(),
  project_title: z.string().nullable(),
});
/** A row of `credit_history`. */
export type CreditHistoryEntry = z.infer<typeof creditHistoryRow>;

/** A row of `model_catalogue`. Limits that are null are not known, or do not concern its kind. */
export const modelCatalogueRow = z.object({
  id: z.string(),
  kind: z.string(),
  provider: z.string(),
  title: z.string(),
  /** Credits per unit; a charge is rounded up to whole credits. */
  price: z.number(),
  /** Such as `second` or `image`. */
  unit: z.string(),
  /** Seconds a result usually takes. */
  typical_sec: z.number(),
  is_default: z.boolean(),
  /** Seconds a clip may have. */
  durations_sec: z.array(z.int()).nullable(),
  /** Width to height, such as `16:9`. */
  aspect_ratios: z.array(z.string()).nullable(),
  max_prompt_chars: z.int().nullable(),
  max_scenes: z.int().nullable(),
  max_clips: z.int().nullable(),
  /** Retired models whose place it takes. */
  replaces: z.array(z.string()),
});
/** A row of `model_catalogue`. */
export type CatalogueModel = z.infer<typeof modelCatalogueRow>;
