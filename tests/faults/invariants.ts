/**
 * What must be so once everything has ended, whatever was broken: read from the database, the simulators'
 * logs, the clients' answers and the stored files, never from the product's own view of itself.
 *
 * @module
 */
import { readNotes } from "./audit.ts";
import type { FaultStack } from "./fault_stack.ts";
import { checkFiles } from "./files.ts";
import type { PlayedRound } from "./play.ts";
import { BAD_FILES } from "./round.ts";

/** The rules, by what they are called in the table. */
export type Rule =
  | "unplayed"
  | "stuck"
  | "past deadline"
  | "double create"
  | "bypassed the door"
  | "charge"
  | "refund"
  | "balance"
  | "asset"
  | "file"
  | "settled twice"
  | "replay differs"
  | "charged twice for a key"
  | "forged webhook"
  | "wrong end";

/** Something that must not be. */
export interface Violation {
  readonly rule: Rule;
  /** The round it belongs to; null when it can't be told. */
  readonly round: number | null;
  readonly detail: string;
}

/** A job as the checks see it, with its asset and its ledger entries. */
export interface CheckedJob {
  readonly id: string;
  readonly user_id: string;
  readonly kind: string;
  readonly state: string;
  readonly credits: number;
  readonly error: { readonly code?: unknown; readonly message?: unknown } | null;
  readonly idempotency_key: string | null;
  readonly late_seconds: number | null;
  /** The newest job of its asset: the one the asset's status is about. */
  readonly is_last: boolean;
  readonly asset: Record<string, unknown> | null;
  readonly charges: number;
  readonly charged: number;
  readonly refunds: number;
  readonly refunded: number;
  /** Attempts that may have reached the provider. */
  readonly live_attempts: number;
  readonly scenes: number;
}

/** What was checked, for the table. */
export interface Checked {
  readonly violations: readonly Violation[];
  readonly jobs: readonly CheckedJob[];
  /** Tasks the simulators accepted. */
  readonly creates: number;
}

/** A deadline is kept by cron, every 10 s, and by a database that may just have been killed. */
const DEADLINE_GRACE_SECONDS = 30;

/** Checks everything there is. Call it when nothing is under way. */
export async function checkInvariants(
  faults: FaultStack,
  rounds: readonly PlayedRound[],
): Promise<Checked> {
  const jobs = await readJobs(faults);
  const byKey = new Map(
    rounds.flatMap(({ round, clicks }) => clicks.map(({ key }) => [key, round.index] as const)),
  );
  const roundOf = (job: Pick<CheckedJob, "idempotency_key">) =>
    byKey.get(job.idempotency_key ?? "") ?? null;
  const creates = await readCreates(faults);
  return {
    jobs,
    creates: [...creates.values()].reduce((sum, count) => sum + count, 0),
    violations: [
      ...jobs.flatMap((job) =>
        checkJob(job).map((found) => ({ ...found, round: roundOf(job) }) satisfies Violation)
      ),
      ...rounds.flatMap((played) => checkRound(played, jobs, creates)),
      ...checkDoor(faults, creates),
      ...await checkBalances(faults),
      ...await checkAudit(faults, jobs, roundOf),
      ...await checkForged(faults),
      ...(await checkFiles(jobs)).map(({ job, detail }): Violation => ({
        rule: "file",
        round: roundOf(job),
        detail,
      })),
    ],
  };
}

async function readJobs({ sql }: FaultStack): Promise<CheckedJob[]> {
  return await sql<CheckedJob[]>`
    select j.id, j.user_id, j.kind, j.state, j.credits, j.error, j.idempotency_key,
      extract(epoch from coalesce(j.finished_at, clock_timestamp()) - j.deadline_at)::float8
        as late_seconds,
      not exists (
        select from public.jobs as n where n.subject_id = j.subject_id and n.created_at > j.created_at
      ) as is_last,
      private.asset_of(j.kind, j.subject_id) as asset,
      (count(e.id) filter (where e.kind = 'charge'))::int as charges,
      coalesce(-sum(e.amount) filter (where e.kind = 'charge'), 0)::int as charged,
      (count(e.id) filter (where e.kind = 'refund'))::int as refunds,
      coalesce(sum(e.amount) filter (where e.kind = 'refund'), 0)::int as refunded,
      (
        select count(*) from public.job_attempts as t
        where t.job_id = j.id and t.state not in ('refused', 'never_sent')
      )::int as live_attempts,
      (select count(*) from public.scenes as s where s.project_id = j.project_id)::int as scenes
    from public.jobs as j left join public.credit_entries as e on e.job_id = j.id
    group by j.id order by j.created_at`;
}

/** Accepted tasks by the word of their prompt, as the simulators logged them; "" for those without. */
async function readCreates(faults: FaultStack): Promise<Map<string, number>> {
  const calls = [
    ...await faults.calls("kie", "create_task"),
    ...await faults.calls("fal", "submit"),
  ];
  const creates = new Map<string, number>();
  for (const { body, taskId } of calls) {
    if (taskId === null) continue;
    const word = /zq[0-9a-z]{8}/.exec(body)?.[0] ?? "";
    creates.set(word, (creates.get(word) ?? 0) + 1);
  }
  return creates;
}

function checkJob(job: CheckedJob): Omit<Violation, "round">[] {
  const found: Omit<Violation, "round">[] = [];
  const say = (rule: Rule, detail: string) =>
    found.push({ rule, detail: `${job.kind} job ${job.id} (${job.state}): ${detail}` });
  const ended = ["succeeded", "failed", "cancelled"].includes(job.state);
  if (!ended) say("stuck", "has not ended");
  if ((job.late_seconds ?? 0) > DEADLINE_GRACE_SECONDS) {
    say("past deadline", `ended ${job.late_seconds} s late`);
  }
  if (job.charges !== (job.credits > 0 ? 1 : 0) || job.charged !== job.credits) {
    say("charge", `${job.charges} charges of ${job.charged} for ${job.credits} credits`);
  }
  const owed = ended && job.state !== "succeeded" ? job.credits : 0;
  if (job.refunded !== owed || job.refunds !== (owed > 0 ? 1 : 0)) {
    say("refund", `${job.refunds} refunds of ${job.refunded}, ${owed} is owed`);
  }
  if (job.live_attempts > 1) say("double create", `${job.live_attempts} attempts`);
  const bad = ended && job.state !== "succeeded";
  if (
    bad && (typeof job.error?.code !== "string" || typeof job.error.message !== "string" ||
      job.error.message === "")
  ) say("asset", `no reason: ${JSON.stringify(job.error)}`);
  if (job.kind === "script") {
    if (job.state === "succeeded" && job.scenes < 1) say("asset", "wrote no scenes");
  } else if (ended && job.is_last) {
    const wanted = bad ? "failed" : "ready";
    const { status, url, error } = job.asset ?? {};
    if (status !== wanted) say("asset", `its asset is ${status}`);
    if (wanted === "ready" && typeof url !== "string") say("asset", "ready without a URL");
    if (wanted === "failed" && JSON.stringify(error) !== JSON.stringify(job.error)) {
      say("asset", `its asset says ${JSON.stringify(error)}, it says ${JSON.stringify(job.error)}`);
    }
  }
  return found;
}

function checkRound(
  { round, clicks, trouble }: PlayedRound,
  jobs: readonly CheckedJob[],
  creates: ReadonlyMap<string, number>,
): Violation[] {
  const found: Violation[] = [];
  const say = (rule: Rule, detail: string) => found.push({ rule, round: round.index, detail });
  if (trouble !== null) say("unplayed", trouble);
  const own = jobs.filter((job) => clicks.some(({ key }) => key === job.idempotency_key));
  const made = creates.get(round.word) ?? 0;
  const renders = own.filter(({ kind }) => kind === "image" || kind === "video").length;
  if (made > renders) say("double create", `${made} tasks for ${renders} jobs`);
  for (const { name, key, answers } of clicks) {
    if (name === "cancel-job") continue;
    const good = answers.filter(({ status }) => status < 300);
    if (new Set(good.map(({ text }) => text)).size > 1) {
      say("replay differs", `${name} ${key}: ${good.map(({ text }) => text).join("\n")}`);
    }
    const paid = own.filter((job) => job.idempotency_key === key && job.refunds === 0);
    // A script's failure is not remembered, so the same key may be charged again once that is refunded.
    const started = own.filter((job) => job.idempotency_key === key);
    if (paid.length > 1 || (name !== "generate-script" && started.length > 1)) {
      say("charged twice for a key", `${name} ${key}: ${started.map(({ id }) => id).join(", ")}`);
    }
    if (good.length > 0 && started.length === 0) say("charge", `${name} ${key} started nothing`);
  }
  if (round.fault !== null && BAD_FILES.has(round.fault.kind)) {
    // Speech is made anew at each try; what a task has rendered stays as it is. Only KIE signs a URL anew.
    const isRenewed = round.fault.kind === "expired_url" && round.fault.provider === "kie";
    for (const job of own.filter(({ state, kind }) => state === "succeeded" && kind !== "audio")) {
      if (isRenewed && job.kind === "video") continue;
      say("wrong end", `${job.kind} job ${job.id} succeeded with ${round.fault.kind}`);
    }
  }
  return found;
}

/** Nothing may reach a provider but through the door, and each attempt at most once. */
function checkDoor({ door }: FaultStack, creates: ReadonlyMap<string, number>): Violation[] {
  const found: Violation[] = [];
  const sent = door.book.passages.filter(({ step, forwarded }) => step === "create" && forwarded);
  const byAttempt = new Map<string, number>();
  const byWord = new Map<string, number>();
  for (const { attemptId, word } of sent) {
    if (attemptId !== null) byAttempt.set(attemptId, (byAttempt.get(attemptId) ?? 0) + 1);
    byWord.set(word ?? "", (byWord.get(word ?? "") ?? 0) + 1);
  }
  for (const [attempt, count] of byAttempt) {
    if (count > 1) {
      found.push({
        rule: "double create",
        round: null,
        detail: `attempt ${attempt} was sent ${count} times`,
      });
    }
  }
  for (const [word, count] of creates) {
    if (count > (byWord.get(word) ?? 0)) {
      found.push({
        rule: "bypassed the door",
        round: null,
        detail: `${count} tasks for "${word}", ${byWord.get(word) ?? 0} creates seen`,
      });
    }
  }
  return found;
}

async function checkBalances({ sql }: FaultStack): Promise<Violation[]> {
  const rows = await sql<{ user_id: string; balance: number; sum: number }[]>`
    select a.user_id, a.balance, coalesce(sum(e.amount), 0)::int as sum
    from public.credit_accounts as a left join public.credit_entries as e on e.user_id = a.user_id
    group by a.user_id having a.balance <> coalesce(sum(e.amount), 0) or a.balance < 0`;
  return rows.map(({ user_id, balance, sum }) => ({
    rule: "balance",
    round: null,
    detail: `user ${user_id} has ${balance}, the entries make ${sum}`,
  }));
}

async function checkAudit(
  { sql }: FaultStack,
  jobs: readonly CheckedJob[],
  roundOf: (job: CheckedJob) => number | null,
): Promise<Violation[]> {
  const ends = new Map<string, number>();
  const found: Violation[] = [];
  for (const { what, table_name, row_id, detail } of await readNotes(sql)) {
    const count = (ends.get(`${what} ${row_id}`) ?? 0) + 1;
    ends.set(`${what} ${row_id}`, count);
    if (what === "end" || what === "ready" ? count === 1 : false) continue;
    const job = jobs.find(({ id, asset }) => id === row_id || asset?.["id"] === row_id);
    found.push({
      rule: "settled twice",
      round: job === undefined ? null : roundOf(job),
      detail: `${table_name} ${row_id}: ${what} ${JSON.stringify(detail)}`,
    });
  }
  return found;
}

/** What nobody of ours signed must have been refused. */
async function checkForged(faults: FaultStack): Promise<Violation[]> {
  const bad = new Set(["unsigned_webhook", "stale_webhook"]);
  const found: Violation[] = [];
  const forged = new Set<string>();
  for (const { fault, status, taskId, provider } of await faults.webhooks()) {
    const first = fault === "forged_webhook" && !forged.has(taskId);
    if (first) forged.add(taskId);
    const refusable = first || bad.has(fault ?? "") ||
      (fault === "altered_webhook" && provider === "fal");
    if (refusable && status !== null && status < 300) {
      found.push({
        rule: "forged webhook",
        round: null,
        detail: `${provider} task ${taskId}: ${fault} was taken with ${status}`,
      });
    }
  }
  return found;
}
