/**
 * Operations on jobs that exist.
 *
 * @module
 */
import { z } from "zod";
import { audioClipRow, filmRow, imageAssetRow, videoClipRow } from "./asset.ts";
import { failure, id, instant } from "./fields.ts";
import { jobRow } from "./job.ts";
import { money, type OperationDefinition } from "./operation.ts";
import { ASSET_STATUSES, JOB_KINDS, JOB_STATES } from "./statuses.ts";

/** A job of the caller's. */
export const jobRequest = z.strictObject({ job_id: id });

/** A job, now or once it has changed. */
export const getJobRequest = z.strictObject({
  job_id: id,
  /** Seconds to wait for the job's end before answering, 0..25. */
  wait: z.number().min(0).max(25).default(0),
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

/** Everything there is to ask. */
export const queueStatusRequest = z.strictObject({});

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

/** How far one kind of a production's parts is. */
const level = z.object({
  kind: z.enum(JOB_KINDS),
  /** Started so far: more of them may follow. */
  total: z.int(),
  succeeded: z.int(),
  /** Ended badly, or cancelled: a picture that was refused and drawn again counts too. */
  failed: z.int(),
});

/** By name. */
export const JOB_OPERATIONS = {
  "get-job": {
    caller: "user",
    spends: false,
    reads: true,
    status: 200,
    summary: "See a job and the asset it fills, or wait for its end",
    numbers: ["wait"],
    request: getJobRequest,
    response: z.object({
      job: jobRow,
      asset: assetRow.nullable(),
      /** Of a production, in the order they began. Empty for other jobs. */
      levels: z.array(level),
    }),
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
    response: z.object({
      /** Null for a production: it fills many. */
      asset: assetRow.nullable(),
      job: jobRow,
      ...money,
    }),
  },
  "queue-status": {
    caller: "user_or_service",
    spends: false,
    reads: true,
    status: 200,
    summary: "Count jobs by kind and state: one's own, or all with the secret key",
    request: queueStatusRequest,
    response: queueStatusResponse,
  },
} as const satisfies Record<string, OperationDefinition>;
