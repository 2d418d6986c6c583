/**
 * What a job may become, as a few lines of plain rules: the engine in SQL is checked against it.
 *
 * @module
 */

/** A submit's record, as `job_attempts.state`; null before the first. */
export type AttemptState =
  | "submitting"
  | "submitted"
  | "unknown"
  | "refused"
  | "never_sent"
  | "orphaned"
  | null;

/** One job. */
export interface ModelJob {
  state: "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled";
  /** Claims so far: the fencing token. */
  attempt: number;
  failures: number;
  /** May be claimed now. */
  due: boolean;
  /** A callback came since it was claimed. */
  woken: boolean;
  submit: AttemptState;
  /** The task its submit is known by. */
  task: string | null;
  /** The task the job's own row names: an ended job's does not change. */
  rowTask: string | null;
  code: string | null;
  asset: "pending" | "rendering" | "ready" | "failed";
  /** A later job has its asset. */
  replaced: boolean;
}

/** Failed runs after which a job ends. */
const MAX_FAILURES = 5;

/** A job that was just started, at an asset of its own. */
export function newJob(): ModelJob {
  return {
    state: "queued",
    attempt: 0,
    failures: 0,
    due: true,
    woken: false,
    submit: null,
    task: null,
    rowTask: null,
    code: null,
    asset: "pending",
    replaced: false,
  };
}

/** Whether a job has ended. */
export function hasEnded({ state }: ModelJob): boolean {
  return ["succeeded", "failed", "cancelled"].includes(state);
}

/** Whether its credits were given back. */
export function isRefunded({ state }: ModelJob): boolean {
  return state === "failed" || state === "cancelled";
}

/** Whether a worker with this token may write. */
export function holds(job: ModelJob, attempt: number): boolean {
  return job.state === "running" && job.attempt === attempt;
}

/** `claim_jobs`: whether it is given out. */
export function claimed(job: ModelJob): boolean {
  if (hasEnded(job) || !job.due) return false;
  Object.assign(job, { state: "running", attempt: job.attempt + 1, due: false, woken: false });
  return true;
}

/** `release_job`: whether it was this worker's. */
export function released(
  job: ModelJob,
  attempt: number,
  to: { readonly state: "queued" | "waiting"; readonly now: boolean; readonly failed: boolean },
): boolean {
  if (!holds(job, attempt)) return false;
  if (to.failed && job.failures + 1 >= MAX_FAILURES) {
    end(job, "failed", "PROVIDER_FAILED");
    return true;
  }
  job.failures += to.failed ? 1 : 0;
  job.state = to.state;
  // What came while it was looked at is not slept through.
  job.due = to.now || job.woken;
  return true;
}

/** `begin_submit`: the decision. */
export function begun(job: ModelJob, attempt: number): string {
  if (!holds(job, attempt)) return "lost";
  if (job.submit === "submitted") return "submitted";
  if (job.submit === "submitting" || job.submit === "unknown") {
    job.submit = "unknown";
    return "unknown";
  }
  job.submit = "submitting";
  job.asset = "rendering";
  return "send";
}

/** `record_submit`: whether it was news, or the same again. */
export function recorded(
  job: ModelJob,
  state: "submitted" | "refused" | "never_sent" | "unknown",
  task: string,
): boolean {
  if (job.submit !== "submitting" && job.submit !== "unknown") {
    return state === "submitted" && job.submit === "submitted" && job.task === task;
  }
  job.submit = state;
  if (state !== "submitted") return true;
  job.task = task;
  if (hasEnded(job)) return true;
  job.rowTask = task;
  job.due ||= job.state === "waiting";
  return true;
}

/** `wake_by_callback`: null when it is refused, else whether somebody was woken. */
export function wokenBy(job: ModelJob, task: string): boolean | null {
  if (job.submit === null) return null;
  if (job.submit === "submitting" || job.submit === "unknown") recorded(job, "submitted", task);
  else if (job.task !== task) return null;
  if (hasEnded(job)) return false;
  job.woken = true;
  job.due ||= job.state === "waiting";
  return true;
}

/** `settle_job`: whether it was this worker's. */
export function settled(job: ModelJob, attempt: number, state: "succeeded" | "failed"): boolean {
  if (!holds(job, attempt)) return false;
  end(job, state, state === "failed" ? "PROVIDER_FAILED" : null);
  return true;
}

/** `cancel_job`: how many were stopped. */
export function cancelled(job: ModelJob): number {
  if (hasEnded(job)) return 0;
  giveUp(job);
  end(job, "cancelled", "CANCELLED");
  return 1;
}

/** `expire_jobs` when this one's deadline is over: how many it ended. */
export function expired(job: ModelJob): number {
  if (hasEnded(job)) return 0;
  end(job, "failed", giveUp(job) ? "SUBMIT_OUTCOME_UNKNOWN" : "DEADLINE_EXCEEDED");
  return 1;
}

/** Marks a submit nobody heard of; whether there was one. */
function giveUp(job: ModelJob): boolean {
  if (job.submit !== "submitting" && job.submit !== "unknown") return false;
  job.submit = "orphaned";
  return true;
}

function end(
  job: ModelJob,
  state: "succeeded" | "failed" | "cancelled",
  code: string | null,
): void {
  Object.assign(job, { state, code, asset: state === "succeeded" ? "ready" : "failed" });
}
