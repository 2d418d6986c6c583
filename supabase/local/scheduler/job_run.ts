/**
 * One run of a job: a session of its own as the job's user, and its row in `cron.job_run_details`.
 *
 * @module
 */
import postgres from "postgres";
import { connect, type Sql } from "./connection.ts";

/** The columns of `cron.job` that a run needs. */
export interface Job {
  /** The job's id; text, as it is a bigint. */
  readonly jobid: string;
  /** SQL, one statement or several. */
  readonly command: string;
  /** The database it runs in. */
  readonly database: string;
  /** The role it runs as. */
  readonly username: string;
}

/** Where a run happens. */
export interface RunContext {
  /** The scheduler's connection, for the details. */
  readonly sql: Sql;
  /** A superuser's connection string. */
  readonly databaseUrl: string;
  /** Told of a failure. */
  readonly log: (line: string) => void;
  /** Ids of the runs under way; this one is in it while it runs. */
  readonly runIds: Set<string>;
  /** Cancels the run. */
  readonly signal: AbortSignal;
}

/** Runs a job's command and records how it went. Rejects only when that cannot be recorded. */
export async function runJob(job: Job, context: RunContext): Promise<void> {
  const { sql, runIds, log } = context;
  const [row] = await sql<{ runid: string }[]>`
    insert into cron.job_run_details (jobid, runid, database, username, command, status)
    values (
      ${job.jobid}, nextval('cron.runid_seq'), ${job.database}, ${job.username}, ${job.command},
      'starting'
    )
    returning runid`;
  const runId = String(row?.runid);
  runIds.add(runId);
  try {
    const { status, message } = await execute(job, runId, context);
    if (status === "failed") log(`cron job ${job.jobid} failed: ${message.trim()}`);
    await sql`
      update cron.job_run_details
      set status = ${status}, return_message = ${message}, end_time = clock_timestamp(),
        start_time = coalesce(start_time, clock_timestamp())
      where runid = ${runId}`;
  } finally {
    runIds.delete(runId);
  }
}

async function execute(
  job: Job,
  runId: string,
  { sql, databaseUrl, signal }: RunContext,
): Promise<{ status: "succeeded" | "failed"; message: string }> {
  const session = connect(databaseUrl, { name: "pg_cron", database: job.database });
  let cancel = () => {};
  let isSent = false;
  let isBroken = false;
  try {
    // A superuser's session in the job's name: a command could take the name off again, so this is no wall
    // between users, as pg_cron's login is. Roles without a password could not be logged in as.
    const [self] = await session<{ pid: number }[]>`
      select pg_backend_pid() as pid, set_config('session_authorization', ${job.username}, false)`;
    await sql`
      update cron.job_run_details
      set status = 'running', job_pid = ${self?.pid ?? null}, start_time = clock_timestamp()
      where runid = ${runId}`;
    const query = session.unsafe(job.command);
    isSent = true;
    cancel = () => query.cancel();
    signal.addEventListener("abort", cancel);
    if (signal.aborted) cancel();
    return { status: "succeeded", message: summary(await query) };
  } catch (cause) {
    isBroken = !(cause instanceof postgres.PostgresError);
    return { status: "failed", message: signal.aborted ? "job canceled" : failure(cause, isSent) };
  } finally {
    signal.removeEventListener("abort", cancel);
    await session.end({ timeout: isBroken ? 0 : 1 }).catch(() => {});
  }
}

/**
 * What libpq would say of the last statement: `1 row`, `INSERT 0 1`, `UPDATE 3`, `VACUUM`. The client merges a
 * statement without rows into the one before it, so after the first statement the number may be that one's.
 */
function summary(result: postgres.RowList<postgres.Row[]>): string {
  const last: unknown = result.at(-1);
  const final = isResult(last) ? last : result;
  const { command, count, columns } = final;
  if (columns?.length > 0 || !command) return `${count ?? 0} ${count === 1 ? "row" : "rows"}`;
  if (command === "INSERT") return `INSERT 0 ${count}`;
  return count === null ? command : `${command} ${count}`;
}

/** Several statements give an array of results, one statement gives its rows. */
function isResult(value: unknown): value is postgres.RowList<postgres.Row[]> {
  return Array.isArray(value) && "command" in value;
}

/** The server's error as libpq would print it; else what pg_cron says when the session breaks. */
function failure(cause: unknown, isSent: boolean): string {
  if (!(cause instanceof postgres.PostgresError)) {
    return isSent ? "connection lost" : "connection failed";
  }
  const lines = [`${cause.severity}:  ${cause.message}`];
  if (cause.detail) lines.push(`DETAIL:  ${cause.detail}`);
  if (cause.hint) lines.push(`HINT:  ${cause.hint}`);
  if (cause.where) lines.push(`CONTEXT:  ${cause.where}`);
  return `${lines.join("\n")}\n`;
}
