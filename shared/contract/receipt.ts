/** What a project has cost, job by job: the answer of the SQL function `film_receipt`. @module */
import { z } from "zod";
import { id, instant } from "./fields.ts";
import { JOB_KINDS, JOB_STATES } from "./statuses.ts";

const seconds = z.number().nullable();
const credits = z.int();

/** One job. */
export const receiptLine = z.object({
  job_id: id,
  kind: z.enum(JOB_KINDS),
  state: z.enum(JOB_STATES),
  /** Null: it belongs to no scene. */
  scene_index: z.int().nullable(),
  /** Place in the newest film's cut, from 1. Null: what it made is not in it. */
  shot_index: z.int().nullable(),
  provider: z.string().nullable(),
  model_id: z.string().nullable(),
  /** The provider's own id of the request. Null where it gives none, or was not reached. */
  external_task_id: z.string().nullable(),
  /** How often it was sent to the provider; how often it ran, where sending is not on record. */
  attempt_count: z.int(),
  /** The job that failed at the same asset before. */
  retry_of: id.nullable(),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  /** From the click to its first run. Null until then. */
  queued_sec: seconds,
  /** From its first run to its end, the provider's time included. Null until then. */
  worked_sec: seconds,
  /** What it was to cost when it was started. */
  quoted_credits: credits,
  charged_credits: credits,
  refunded_credits: credits,
  /** Why it failed or was cancelled. */
  error_code: z.string().nullable(),
});
/** A job on a receipt. */
export type ReceiptLine = z.infer<typeof receiptLine>;

/** A receipt. The totals are sums of the lines, and of the ledger's entries for the project. */
export const filmReceipt = z.object({
  project_id: id,
  /** The newest ready film, which `shot_index` counts in. Null when there is none. */
  film_id: id.nullable(),
  jobs: z.array(receiptLine),
  totals: z.object({
    job_count: z.int(),
    quoted_credits: credits,
    charged_credits: credits,
    refunded_credits: credits,
    /** Charged less refunded. */
    net_credits: credits,
  }),
});
/** A project's receipt. */
export type FilmReceipt = z.infer<typeof filmReceipt>;
