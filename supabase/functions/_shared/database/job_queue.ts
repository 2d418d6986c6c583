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
  /** A code of the contract. */
  readonly code: string;
  /** A sentence for the user. */
  readonly message: string;
  /** What would do instead, by code. Absent: nothing is known. */
  readonly details?: Json;
}

/** One job to create, with the asset it fills. */
export interface NewJob {
  /** What it makes. */
  readonly kind: JobKind;
  /** Null for scripts: there is none yet. */
  readonly project_id: string | null;
  /** The catalogue's model: decides price and provider. Null: it costs nothing itself. */
  readonly model_id: string | null;
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
  /** The verified user. */
  readonly userId: string;
  /** The operation's name. */
  readonly operation: string;
  /** Key and fingerprint. */
  readonly idempotency: Idempotency;
  /** Goes to the jobs, for tracing. */
  readonly requestId: string;
  /** New ones, or failed ones to try again. */
  readonly jobs: readonly (NewJob | { readonly retry_of: string })[];
  /** Names in the answer's body, or null when the answer waits for the job's end. */
  readonly answer:
    | {
      readonly jobs: string;
      /** Absent: the jobs fill none. */
      readonly assets?: string;
      readonly many: boolean;
      /** Also the first of each, by these names. */
      readonly first?: { readonly asset: string; readonly job: string };
      /** More of the body, as it is now. */
      readonly extra?: Json;
    }
    | null;
}

/** What became of a click. */
export type ClickResult =
  | { readonly status: number; readonly body: string; readonly replayed: boolean }
  | { readonly status: null; readonly job_id: string };

/** See `public.read_answer`. `status` and `body` are null until there is an answer. */
export interface JobAnswer {
  /** How the job stands. */
  readonly state: JobState;
  /** Why it ended badly. */
  readonly error: JobFailure | null;
  /** HTTP status of the answer. */
  readonly status: number | null;
  /** JSON of the answer. */
  readonly body: string | null;
}

/** Which jobs to claim. */
export interface ClaimFilter {
  /** At most so many. */
  readonly limit: number;
  /** Default: all. */
  readonly kinds?: readonly JobKind[];
  /** Default: all that may be due. */
  readonly states?: readonly JobState[];
  /** Only this one. */
  readonly jobId?: string;
}

/** Whether a submit may leave now. See `public.begin_submit`. */
export type SubmitDecision =
  | { readonly decision: "send"; readonly attempt_id: string }
  | { readonly decision: "wait"; readonly seconds: number }
  | { readonly decision: "submitted"; readonly external_task_id: string }
  | { readonly decision: "unknown"; readonly seconds: number }
  | { readonly decision: "lost" };

/** What a callback has woken. See `public.wake_by_callback`. */
export interface WokenJob {
  /** Whom it is about. */
  readonly job_id: string;
  /** False: it had ended. */
  readonly awake: boolean;
  /** The job under this worker's lease. Null: not asked for, ended, or another worker holds it. */
  readonly job: ClaimedJob | null;
}

/** Evidence of what became of a submit. See `public.record_submit`. */
export interface SubmitEvidence {
  /** How the job stands. */
  readonly state: "submitted" | "refused" | "never_sent" | "unknown";
  /** The provider's task, when it was accepted. */
  readonly externalTaskId?: string;
  /** Why it ended badly. */
  readonly error?: JobFailure;
  /** No submit to that provider for so long. */
  readonly blockSeconds?: number;
}

/** The engine. Methods that return a boolean answer false when the job is no longer this worker's. */
export interface JobQueue {
  /** One click: key, charges, assets, jobs and answer at once. Errors: see `public.create_jobs`. */
  create(click: Click): Promise<ClickResult>;
  /** How a job stands and, once there is one, the answer of the click that started it. */
  readAnswer(jobId: string): Promise<JobAnswer>;
  /** Takes due jobs under a lease of 20 s. */
  claim(filter: ClaimFilter): Promise<ClaimedJob[]>;
  /** Keeps a claimed job for another 20 s. */
  renew(job: ClaimedJob, progress?: number): Promise<boolean>;
  /**
   * Puts a claimed job back until later. Gives in how many seconds it is due, 0 when a webhook came meanwhile,
   * below 0 when that was its end. Null: it is no longer this worker's.
   */
  release(job: ClaimedJob, to: {
    readonly state: "queued" | "waiting";
    readonly delaySeconds: number;
    /** The work was seen to go on: failed runs are counted anew. */
    readonly progress?: number;
    /** Counts as a failed run. */
    readonly failure?: JobFailure;
  }): Promise<number | null>;
  /** Ends a job as succeeded: its asset becomes ready. */
  succeed(job: ClaimedJob, result: Json): Promise<boolean>;
  /** Ends a job as failed: its asset too, and the credits go back. */
  fail(job: ClaimedJob, failure: JobFailure): Promise<boolean>;
  /** Gives a claimed job that has no provider to one, with a new payload: it can be submitted then. */
  route(
    job: ClaimedJob,
    to: { readonly provider: string; readonly payload: Json },
  ): Promise<boolean>;
  /** Asks whether a submit may leave now, and commits its attempt first. */
  beginSubmit(job: ClaimedJob, hashes: { token: string; request: string }): Promise<SubmitDecision>;
  /** Records what became of a submit. False: it was recorded before. */
  recordSubmit(attemptId: string, evidence: SubmitEvidence): Promise<boolean>;
  /** Null: no such attempt, token or task. */
  wakeByCallback(callback: {
    readonly attemptId: string;
    readonly tokenHash: string;
    readonly provider: string;
    readonly externalTaskId: string;
    /** Whether to take the job under a lease as well, unless another worker holds it. Default false. */
    readonly claim?: boolean;
  }): Promise<WokenJob | null>;
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
      }) as number | null,
    succeed: async (job, result) =>
      await callSql(client, "settle_job", { ...held(job), p_state: "succeeded", p_result: result }),
    fail: async (job, failure) =>
      await callSql(client, "settle_job", {
        ...held(job),
        p_state: "failed",
        p_error: { ...failure },
      }),
    route: async (job, to) =>
      await callSql(client, "route_job", {
        ...held(job),
        p_provider: to.provider,
        p_payload: to.payload,
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
        p_claim: callback.claim ?? false,
      }) as WokenJob | null,
  };
}

function held(job: ClaimedJob): { p_job_id: string; p_attempt: number } {
  return { p_job_id: job.id, p_attempt: job.attempt };
}
