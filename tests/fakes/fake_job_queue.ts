/**
 * The job engine in memory: leases, fencing, submits and idempotency as the SQL functions do them, without
 * money, tenants and providers' limits. `job_queue_conformance.ts` holds it to what the real one does.
 *
 * @module
 */
import type { JobState } from "../../shared/contract/statuses.ts";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import type {
  ClaimedJob,
  ClaimFilter,
  Click,
  ClickResult,
  JobAnswer,
  JobFailure,
  JobQueue,
  SubmitDecision,
  SubmitEvidence,
} from "../../supabase/functions/_shared/database/job_queue.ts";
import { jobOf } from "../factories.ts";

interface Attempt {
  readonly id: string;
  readonly jobId: string;
  readonly provider: string;
  readonly tokenHash: string;
  state: SubmitEvidence["state"] | "submitting";
  externalTaskId: string | null;
}

interface Key {
  readonly operation: string;
  readonly fingerprint: string;
  jobId: string;
  answer: { status: number; body: string } | null;
}

const LEASE_MS = 20_000;

/** The shortest of `private.unknown_slot_sec`; the time since the submit is left out. */
const UNKNOWN_SLOT_SECONDS = 300;

/** The engine. `nowMs` is its own clock: tests move it instead of waiting. */
export class FakeJobQueue implements JobQueue {
  /** As they are now, by id. */
  readonly jobs: Map<string, ClaimedJob> = new Map();
  /** Milliseconds since 1970. */
  nowMs: number = Date.parse("2026-11-21T09:00:00Z");
  readonly #keys = new Map<string, Key>();
  readonly #attempts = new Map<string, Attempt>();
  readonly #failures = new Map<string, JobFailure>();

  /** Puts a job in. */
  add(overrides: Partial<ClaimedJob> = {}): ClaimedJob {
    const job = jobOf({
      id: crypto.randomUUID(),
      state: "queued",
      attempt: 0,
      claimed_at: null,
      started_at: null,
      run_at: this.#at(0),
      ...overrides,
    });
    this.jobs.set(job.id, job);
    return job;
  }

  create(click: Click): Promise<ClickResult> {
    return attempt(() => {
      const name = `${click.userId} ${click.idempotency.key}`;
      const known = this.#keys.get(name);
      if (known !== undefined) return this.#replay(known, click);
      const jobs = click.jobs.map((job) => {
        const { kind, project_id, payload } = "retry_of" in job ? this.#get(job.retry_of) : job;
        // As in SQL: a job whose answer is waited for belongs to its own request first.
        const run_at = this.#at(click.answer === null ? 5000 : 0);
        return this.add({
          kind,
          project_id,
          payload: payload ?? {},
          user_id: click.userId,
          run_at,
        });
      });
      const jobId = jobs.at(-1)?.id ?? "";
      const { operation, idempotency: { fingerprint } } = click;
      const key: Key = { operation, fingerprint, jobId, answer: null };
      this.#keys.set(name, key);
      if (click.answer === null) return { status: null, job_id: jobId };
      const rows = jobs.map(({ payload: _, ...row }) => row);
      const body = { [click.answer.jobs]: click.answer.many ? rows : rows[0] };
      key.answer = { status: 202, body: JSON.stringify(body) };
      return { ...key.answer, replayed: false };
    });
  }

  readAnswer(jobId: string): Promise<JobAnswer> {
    return attempt(() => {
      const { state } = this.#get(jobId);
      const answer = this.#keyOf(jobId)?.[1].answer ?? { status: null, body: null };
      return { state: state as JobState, error: this.#failures.get(jobId) ?? null, ...answer };
    });
  }

  claim(filter: ClaimFilter): Promise<ClaimedJob[]> {
    return attempt(() => {
      const due = [...this.jobs.values()].filter((job) =>
        job.finished_at === null &&
        (Date.parse(job.run_at) <= this.nowMs ||
          (filter.jobId === job.id && job.attempt === 0 && job.state === "queued")) &&
        (filter.kinds ?? [job.kind]).some((kind) => kind === job.kind) &&
        (filter.states ?? [job.state]).some((state) => state === job.state) &&
        (filter.jobId ?? job.id) === job.id
      ).sort((a, b) => a.priority - b.priority || Date.parse(a.run_at) - Date.parse(b.run_at));
      return due.slice(0, filter.limit).map((job) => this.#claim(job));
    });
  }

  #claim(job: ClaimedJob): ClaimedJob {
    return this.#set(job, {
      state: "running",
      attempt: job.attempt + 1,
      claimed_at: this.#at(0),
      started_at: job.started_at ?? this.#at(0),
      run_at: this.#at(LEASE_MS),
    });
  }

  renew(job: ClaimedJob, progress = 0): Promise<boolean> {
    return this.#held(job, (row) => {
      this.#set(row, {
        run_at: this.#at(LEASE_MS),
        progress: Math.max(row.progress, progress),
      });
    });
  }

  async release(
    job: ClaimedJob,
    to: Parameters<JobQueue["release"]>[1],
  ): Promise<number | null> {
    let seconds = -1;
    const isHeld = await this.#held(job, (row) => {
      const failures = row.failure_count + (to.failure === undefined ? 0 : 1);
      if (to.failure !== undefined && failures >= row.max_failures) {
        return this.#end(row, "failed", to.failure);
      }
      const isWoken = row.woken_at !== null && row.woken_at > (row.claimed_at ?? "");
      seconds = isWoken ? 0 : to.delaySeconds;
      this.#set(row, {
        state: to.state,
        failure_count: to.failure === undefined && to.progress !== undefined ? 0 : failures,
        progress: Math.max(row.progress, to.progress ?? 0),
        run_at: this.#at(seconds * 1000),
      });
    });
    return isHeld ? seconds : null;
  }

  succeed(job: ClaimedJob, result: ClaimedJob["result"]): Promise<boolean> {
    return this.#held(job, (row) => {
      this.#set(row, { result, progress: 1 });
      this.#end(row, "succeeded", null);
    });
  }

  fail(job: ClaimedJob, failure: JobFailure): Promise<boolean> {
    return this.#held(job, (row) => this.#end(row, "failed", failure));
  }

  async route(job: ClaimedJob, to: Parameters<JobQueue["route"]>[1]): Promise<boolean> {
    let isRouted = false;
    await this.#held(job, (row) => {
      if (row.provider !== null) return;
      this.#set(row, { provider: to.provider, payload: to.payload ?? {} });
      isRouted = true;
    });
    return isRouted;
  }

  async beginSubmit(job: ClaimedJob, hashes: { token: string }): Promise<SubmitDecision> {
    let decision: SubmitDecision = { decision: "lost" };
    await this.#held(job, (row) => {
      const live = [...this.#attempts.values()].find((known) =>
        known.jobId === row.id && ["submitting", "submitted", "unknown"].includes(known.state)
      );
      if (live?.state === "submitted") {
        decision = { decision: "submitted", external_task_id: live.externalTaskId ?? "" };
        return;
      }
      if (live !== undefined) {
        live.state = "unknown";
        decision = { decision: "unknown", seconds: UNKNOWN_SLOT_SECONDS };
        return;
      }
      const id = crypto.randomUUID();
      this.#attempts.set(id, {
        id,
        jobId: row.id,
        provider: row.provider ?? "",
        tokenHash: hashes.token,
        state: "submitting",
        externalTaskId: null,
      });
      this.#set(row, { holds_slot: true });
      decision = { decision: "send", attempt_id: id };
    });
    return decision;
  }

  recordSubmit(attemptId: string, evidence: SubmitEvidence): Promise<boolean> {
    return attempt(() => {
      const known = this.#attempts.get(attemptId);
      if (known === undefined || !["submitting", "unknown"].includes(known.state)) return false;
      known.state = evidence.state;
      known.externalTaskId = evidence.externalTaskId ?? null;
      const job = this.#get(known.jobId);
      if (evidence.state === "submitted" && job.finished_at === null) {
        this.#set(job, { external_task_id: known.externalTaskId });
      }
      if (["refused", "never_sent"].includes(evidence.state)) this.#set(job, { holds_slot: false });
      return true;
    });
  }

  wakeByCallback(
    callback: Parameters<JobQueue["wakeByCallback"]>[0],
  ): ReturnType<JobQueue["wakeByCallback"]> {
    return attempt(() => {
      const known = this.#attempts.get(callback.attemptId);
      if (known?.tokenHash !== callback.tokenHash || known.provider !== callback.provider) {
        return null;
      }
      if (known.state === "submitting" || known.state === "unknown") {
        known.state = "submitted";
        known.externalTaskId = callback.externalTaskId;
        this.#set(this.#get(known.jobId), { external_task_id: callback.externalTaskId });
      } else if (known.externalTaskId !== callback.externalTaskId) {
        return null;
      }
      const job = this.#get(known.jobId);
      const awake = job.finished_at === null;
      // A callback always comes after the claim it may cross.
      this.nowMs += 1;
      if (!awake) return { job_id: job.id, awake, job: null };
      const run_at = job.state === "waiting" ? this.#at(0) : job.run_at;
      const woken = this.#set(job, { woken_at: this.#at(0), run_at });
      const isHeld = job.state === "running" && Date.parse(job.run_at) > this.nowMs;
      return { job_id: job.id, awake, job: callback.claim && !isHeld ? this.#claim(woken) : null };
    });
  }

  #replay(known: Key, click: Click): ClickResult {
    if (
      known.operation !== click.operation || known.fingerprint !== click.idempotency.fingerprint
    ) {
      throw new AppError("IDEMPOTENCY_KEY_REUSED", "Cannot use this Idempotency-Key");
    }
    if (known.answer === null) {
      throw new AppError("IDEMPOTENCY_IN_PROGRESS", "Cannot answer yet", { retryAfterSeconds: 1 });
    }
    return { ...known.answer, replayed: true };
  }

  #held(job: ClaimedJob, write: (row: ClaimedJob) => void): Promise<boolean> {
    return attempt(() => {
      const row = this.jobs.get(job.id);
      if (row?.state !== "running" || row.attempt !== job.attempt) return false;
      write(row);
      return true;
    });
  }

  #end(row: ClaimedJob, state: JobState, failure: JobFailure | null): void {
    const error = failure === null ? null : { ...failure };
    if (failure !== null) this.#failures.set(row.id, failure);
    this.#set(this.#get(row.id), { state, error, finished_at: this.#at(0), holds_slot: false });
    const [name, key] = this.#keyOf(row.id) ?? [];
    if (name === undefined || key === undefined || key.answer !== null) return;
    if (state !== "succeeded") this.#keys.delete(name);
    else key.answer = { status: 200, body: JSON.stringify({ result: this.#get(row.id).result }) };
  }

  #keyOf(jobId: string): [string, Key] | undefined {
    return [...this.#keys].find(([, key]) => key.jobId === jobId);
  }

  #get(id: string): ClaimedJob {
    const job = this.jobs.get(id);
    if (job === undefined) throw new AppError("NOT_FOUND", `Cannot find job "${id}"`);
    return job;
  }

  #set(job: ClaimedJob, columns: Partial<ClaimedJob>): ClaimedJob {
    const changed = { ...job, ...columns };
    this.jobs.set(job.id, changed);
    return changed;
  }

  #at(fromNowMs: number): string {
    return new Date(this.nowMs + fromNowMs).toISOString();
  }
}

/** The real one answers later, and rejects instead of throwing. */
async function attempt<T>(work: () => T): Promise<T> {
  await Promise.resolve();
  return work();
}
