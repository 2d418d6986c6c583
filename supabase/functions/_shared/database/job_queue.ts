/**
 * The job engine's SQL functions, as a role. Postgres decides; this carries arguments.
 *
 * @module
 */
import type { Database, Json } from "../../../../shared/database.types.ts";
import type { JobKind, JobState } from "../../../../shared/contract/statuses.ts";
import type { Idempotency } from "../idempotency.ts";
import { callSql, type Client } from "./rpc.ts";

/** A claimed job: the row, under this worker's lease. `attempt` is its fencing token. */
export type ClaimedJob = Database["public"]["Tables"]["jobs"]["Row"];

/** Why a job ends badly, or a run of it failed. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
}

/** One job to create, with the asset it fills. */
export interface NewJob {
  readonly kind: JobKind;
  readonly project_id: string | null;
  readonly model_id: string;
  /** How many of the model's units are bought. */
  readonly units: number;
  /** By when it has ended, in seconds from now. */
  readonly deadline_sec: number;
  /** What the handler needs. */
  readonly payload: Json;
  /** Columns of the asset's row; see `private.insert_asset`. */
  readonly asset: Json;
}

/** One click: who, what, and the jobs it starts. */
export interface Click {
  readonly userId: string;
  readonly operation: string;
  readonly idempotency: Idempotency;
  readonly requestId: string;
  readonly jobs: readonly (NewJob | { readonly retry_of: string })[];
  /** Names in the answer's body, or null when the answer waits for the job's end. */
  readonly answer:
    | { readonly assets: string; readonly jobs: string; readonly many: boolean }
    | null;
}

/** What became of a click. */
export type ClickResult =
  | { readonly status: number; readonly body: string; readonly replayed: boolean }
  | { readonly status: null; readonly job_id: string };

/** See `public.read_answer`. `status` and `body` are null until there is an answer. */
export interface JobAnswer {
  readonly state: JobState;
  readonly error: JobFailure | null;
  readonly status: number | null;
  readonly body: string | null;
}

/** Which jobs to claim. */
export interface ClaimFilter {
  readonly limit: number;
  readonly kinds?: readonly JobKind[];
  readonly states?: readonly JobState[];
  readonly jobId?: string;
}

/** Whether a submit may leave now. See `public.begin_submit`. */
export type SubmitDecision =
  | { readonly decision: "send"; readonly attempt_id: string }
  | { readonly decision: "wait"; readonly seconds: number }
  | { readonly decision: "submitted"; readonly external_task_id: string }
  | { readonly decision: "unknown" | "lost" };

/** Evidence of what became of a submit. See `public.record_submit`. */
export interface SubmitEvidence {
  readonly state: "submitted" | "refused" | "never_sent" | "unknown";
  readonly externalTaskId?: string;
  readonly error?: JobFailure;
  /** No submit to that provider for so long. */
  readonly blockSeconds?: number;
}

/** The engine. Methods that return a boolean answer false when the job is no longer this worker's. */
export interface JobQueue {
  create(click: Click): Promise<ClickResult>;
  /** How a job stands and, once there is one, the answer of the click that started it. */
  readAnswer(jobId: string): Promise<JobAnswer>;
  claim(filter: ClaimFilter): Promise<ClaimedJob[]>;
  renew(job: ClaimedJob, progress?: number): Promise<boolean>;
  release(job: ClaimedJob, to: {
    readonly state: "queued" | "waiting";
    readonly delaySeconds: number;
    readonly progress?: number;
    /** Counts as a failed run. */
    readonly failure?: JobFailure;
  }): Promise<boolean>;
  succeed(job: ClaimedJob, result: Json): Promise<boolean>;
  fail(job: ClaimedJob, failure: JobFailure): Promise<boolean>;
  beginSubmit(job: ClaimedJob, hashes: { token: string; request: string }): Promise<SubmitDecision>;
  recordSubmit(attemptId: string, evidence: SubmitEvidence): Promise<boolean>;
  /** Null: no such attempt, token or task. */
  wakeByCallback(callback: {
    readonly attemptId: string;
    readonly tokenHash: string;
    readonly provider: string;
    readonly externalTaskId: string;
  }): Promise<{ readonly job_id: string; readonly awake: boolean } | null>;
}

/** The engine on Postgres, called with the service's rights. */
export function postgresJobQueue(client: Client): JobQueue {
  return {
    create: async (click) =>
      await callSql(client, "create_jobs", {
        p_user_id: click.userId,
        p_operation: click.operation,
        p_idempotency_key: click.idempotency.key,
        p_fingerprint: click.idempotency.fingerprint,
        p_request_id: click.requestId,
        p_items: click.jobs.map((job) => ({ ...job })),
        p_answer: click.answer === null ? null : { ...click.answer },
      }) as ClickResult,
    readAnswer: async (jobId) => {
      const answer: unknown = await callSql(client, "read_answer", { p_job_id: jobId });
      return answer as JobAnswer;
    },
    claim: async (filter) =>
      await callSql(client, "claim_jobs", {
        p_limit: filter.limit,
        ...(filter.kinds === undefined ? {} : { p_kinds: [...filter.kinds] }),
        ...(filter.states === undefined ? {} : { p_states: [...filter.states] }),
        ...(filter.jobId === undefined ? {} : { p_job_id: filter.jobId }),
      }),
    renew: async (job, progress) =>
      await callSql(client, "renew_lease", {
        ...held(job),
        ...(progress === undefined ? {} : { p_progress: progress }),
      }),
    release: async (job, to) =>
      await callSql(client, "release_job", {
        ...held(job),
        p_state: to.state,
        p_delay_sec: to.delaySeconds,
        ...(to.progress === undefined ? {} : { p_progress: to.progress }),
        ...(to.failure === undefined ? {} : { p_failure: { ...to.failure } }),
      }),
    succeed: async (job, result) =>
      await callSql(client, "settle_job", { ...held(job), p_state: "succeeded", p_result: result }),
    fail: async (job, failure) =>
      await callSql(client, "settle_job", {
        ...held(job),
        p_state: "failed",
        p_error: { ...failure },
      }),
    beginSubmit: async (job, hashes) =>
      await callSql(client, "begin_submit", {
        ...held(job),
        p_token_hash: hashes.token,
        p_request_hash: hashes.request,
      }) as SubmitDecision,
    recordSubmit: async (attemptId, evidence) =>
      await callSql(client, "record_submit", {
        p_attempt_id: attemptId,
        p_state: evidence.state,
        ...(evidence.externalTaskId === undefined
          ? {}
          : { p_external_task_id: evidence.externalTaskId }),
        ...(evidence.error === undefined ? {} : { p_error: { ...evidence.error } }),
        ...(evidence.blockSeconds === undefined ? {} : { p_block_sec: evidence.blockSeconds }),
      }),
    wakeByCallback: async (callback) =>
      await callSql(client, "wake_by_callback", {
        p_attempt_id: callback.attemptId,
        p_token_hash: callback.tokenHash,
        p_provider: callback.provider,
        p_external_task_id: callback.externalTaskId,
      }) as { job_id: string; awake: boolean } | null,
  };
}

function held(job: ClaimedJob): { p_job_id: string; p_attempt: number } {
  return { p_job_id: job.id, p_attempt: job.attempt };
}
