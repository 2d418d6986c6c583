/**
 * The engine's SQL functions with their answers' types.
 *
 * @module
 */
import assert from "node:assert/strict";
import type postgres from "postgres";
import type {
  ClaimedJob,
  JobFailure,
} from "../../supabase/functions/_shared/database/job_queue.ts";
import type { Item } from "./items.ts";

/** A pool, a reserved connection or a transaction. */
export type Session = postgres.ISql;

/** What `create_jobs` answers. */
export interface ClickResult {
  /** Null while the answer waits for the job. */
  readonly status: number | null;
  /** The stored answer. Absent while it waits. */
  readonly body: string;
  /** Whether it is an earlier click's. */
  readonly replayed: boolean;
  /** Only while the answer waits. */
  readonly job_id: string;
}

/** Arguments of `create_jobs` that tests vary. */
export interface Click {
  /** Who pays. */
  readonly userId: string;
  /** What is bought. */
  readonly items: readonly Item[];
  /** Absent: a new one. */
  readonly key?: string;
  /** Absent: `generate-video`. */
  readonly operation?: string;
  /** Absent: the same for all. */
  readonly fingerprint?: string;
  /** Null: the answer waits for the job's end. */
  readonly answer?: { assets: string; jobs: string; many: boolean } | null;
}

const CLIPS = { assets: "video_clips", jobs: "jobs", many: true };

/** Calls `create_jobs`. */
export async function createJobs(session: Session, click: Click): Promise<ClickResult> {
  const answer = click.answer === undefined ? CLIPS : click.answer;
  const [row] = await session<{ result: ClickResult }[]>`
    select public.create_jobs(
      ${click.userId}, ${click.operation ?? "generate-video"}, ${click.key ?? crypto.randomUUID()},
      ${click.fingerprint ?? "f".repeat(64)}, ${crypto.randomUUID()},
      ${session.json([...click.items])}, ${answer === null ? null : session.json(answer)}
    ) as result`;
  assert.ok(row);
  return row.result;
}

/** Starts one job and gives its id. */
export async function startJob(
  session: Session,
  userId: string,
  item: Item,
  click: Partial<Click> = {},
): Promise<string> {
  const result = await createJobs(session, { userId, items: [item], ...click });
  if (result.status === null) return result.job_id;
  const body: { jobs: { id: string }[] } = JSON.parse(result.body);
  const id = body.jobs[0]?.id;
  assert.ok(id);
  return id;
}

/** What `cancel_job` answers. */
export interface Cancelled {
  /** How many jobs it ended. */
  readonly cancelled_count: number;
  /** After the refunds. */
  readonly balance: number;
  /** What providers may be told to stop. */
  readonly tasks: readonly { provider: string; external_task_id: string; endpoint: string }[];
}

/** A row of `jobs` as this driver reads it. */
export type JobRow = {
  readonly [Column in keyof ClaimedJob]: Column extends `${string}_at`
    ? ClaimedJob[Column] extends string ? Date : Date | null
    : Column extends "error" ? JobFailure | null
    : ClaimedJob[Column];
};

/** Calls `claim_jobs`. */
export async function claim(
  session: Session,
  filter: {
    limit?: number;
    kinds?: string[];
    states?: string[];
    jobId?: string;
    leaseSec?: number;
  } = {},
): Promise<JobRow[]> {
  const { limit = 1, jobId = null, leaseSec = 20 } = filter;
  const kinds = filter.kinds ?? ["script", "image", "audio", "video", "film"];
  const states = filter.states ?? ["queued", "running", "waiting"];
  const jobs = await session<JobRow[]>`
    select * from public.claim_jobs(${limit}, ${kinds}, ${states}, ${jobId}, ${leaseSec})`;
  return [...jobs];
}

/** Claims one job by its id and gives it as claimed. */
export async function claimJob(session: Session, jobId: string): Promise<JobRow> {
  const [job] = await claim(session, { jobId });
  assert.ok(job, "the job could not be claimed");
  return job;
}

/** The worker's name for a job it holds. */
export interface Held {
  /** The job. */
  readonly id: string;
  /** Its fencing token. */
  readonly attempt: number;
}

/** Calls a function that answers true or false. */
async function answerOf<T>(rows: Promise<readonly { result: T }[]>): Promise<T> {
  const [row] = await rows;
  assert.ok(row);
  return row.result;
}

/** Calls `renew_lease`. */
export function renew(
  session: Session,
  job: Held,
  progress: number | null = null,
): Promise<boolean> {
  return answerOf(session<{ result: boolean }[]>`
    select public.renew_lease(${job.id}, ${job.attempt}, ${progress}) as result`);
}

/** Calls `release_job`: whether it was this worker's. */
export async function release(
  session: Session,
  job: Held,
  to: { state?: string; delaySec?: number; failure?: JobFailure } = {},
): Promise<boolean> {
  return await releaseFor(session, job, to) !== null;
}

/** Calls `release_job`: in how many seconds it is due. */
export function releaseFor(
  session: Session,
  job: Held,
  to: { state?: string; delaySec?: number; failure?: JobFailure } = {},
): Promise<number | null> {
  const { state = "waiting", delaySec = 60, failure } = to;
  return answerOf(session<{ result: number | null }[]>`
    select public.release_job(
      ${job.id}, ${job.attempt}, ${state}, ${delaySec}, null,
      ${failure === undefined ? null : session.json({ ...failure })}
    ) as result`);
}

/** A failure with a code. */
export function failure(code: string): { code: string; message: string } {
  return { code, message: "It went wrong" };
}

/** Calls `settle_job` with a result. */
export function succeed(
  session: Session,
  job: Held,
  result: postgres.JSONValue = CLIP_RESULT,
): Promise<boolean> {
  return answerOf(session<{ result: boolean }[]>`
    select public.settle_job(${job.id}, ${job.attempt}, 'succeeded', ${session.json(result)})
      as result`);
}

/** What a rendered clip's handler gives. */
export const CLIP_RESULT = { url: "https://studio.test/a.mp4", duration_sec: 5.04 };

/** Calls `settle_job` with a failure. */
export function fail(session: Session, job: Held, code = "PROVIDER_FAILED"): Promise<boolean> {
  return answerOf(session<{ result: boolean }[]>`
    select public.settle_job(
      ${job.id}, ${job.attempt}, 'failed', null, ${session.json(failure(code))}
    ) as result`);
}

/** What `begin_submit` answers. */
export interface Decision {
  /** send, wait, submitted, unknown or lost. */
  readonly decision: string;
  /** With send. */
  readonly attempt_id: string;
  /** With wait and unknown. */
  readonly seconds: number;
  /** With submitted. */
  readonly external_task_id: string;
}

/** Calls `begin_submit`; `token` is the hash of the callback's token. */
export function beginSubmit(
  session: Session,
  job: Held,
  token = "0".repeat(64),
): Promise<Decision> {
  return answerOf(session<{ result: Decision }[]>`
    select public.begin_submit(${job.id}, ${job.attempt}, ${token}, ${"1".repeat(64)}) as result`);
}

/** Calls `record_submit`. */
export function recordSubmit(
  session: Session,
  attemptId: string,
  state: string,
  more: { taskId?: string; blockSec?: number; code?: string } = {},
): Promise<boolean> {
  const error = state === "submitted"
    ? null
    : session.json(failure(more.code ?? "PROVIDER_UNAVAILABLE"));
  return answerOf(session<{ result: boolean }[]>`
    select public.record_submit(
      ${attemptId}, ${state}, ${more.taskId ?? null}, ${error}, ${more.blockSec ?? null}
    ) as result`);
}

/** What `wake_by_callback` answers. */
export interface Woken {
  /** Whose callback it was. */
  readonly job_id: string;
  /** False: it had ended. */
  readonly awake: boolean;
  /** Only with `claim`, and when nobody else held it. */
  readonly job: ClaimedJob | null;
}

/** Calls `wake_by_callback`. */
export function wake(
  session: Session,
  callback: {
    attemptId: string;
    provider: string;
    taskId: string;
    token?: string;
    claim?: boolean;
  },
): Promise<Woken | null> {
  const { attemptId, provider, taskId, token = "0".repeat(64), claim = false } = callback;
  return answerOf(session<{ result: Woken | null }[]>`
    select public.wake_by_callback(${attemptId}, ${token}, ${provider}, ${taskId}, ${claim})
      as result`);
}

/** Calls `expire_jobs`. */
export function expire(session: Session, limit = 100): Promise<number> {
  return answerOf(session<{ result: number }[]>`select public.expire_jobs(${limit}) as result`);
}

/** Calls `cancel_job`. */
export function cancel(
  session: Session,
  userId: string,
  jobId: string,
): Promise<Cancelled> {
  return answerOf(session<{ result: Cancelled }[]>`
    select public.cancel_job(${userId}, ${jobId}) as result`);
}
