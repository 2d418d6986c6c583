/**
 * The scheduler of pg_cron: which jobs are due, and that each runs once at a time with due runs waiting behind.
 * Reading schedules is left to the extension's own functions, which `cron.schedule` checks them with.
 * Source: https://github.com/citusdata/pg_cron (src/pg_cron.c, src/task_states.c, read 2026-11-21).
 *
 * @module
 */
import { connect, type Sql } from "./connection.ts";
import { type Job, runJob } from "./job_run.ts";
import { describe, repeat, settle, type Worker, type WorkerOptions } from "./loop.ts";

/** Jobs that run at once; pg_cron's default for `cron.max_running_jobs`. */
const MAX_RUNNING = 32;

/** How soon a new or changed job is noticed, as in pg_cron. */
const RELOAD_MS = 1000;

const MINUTE_MS = 60_000;

/** Minutes missed by a short pause are made up for; after a longer one only the present minute counts. */
const MAX_MISSED_MINUTES = 5;

/** The advisory lock of the one scheduler that runs jobs: "pg_cron" in ASCII. */
const LOCK = "31638856779591534";

/** A job as the extension's functions explain it. */
interface JobRow extends Job {
  /** Set for 'N seconds' schedules. */
  readonly every_seconds: number | null;
  /** Minutes since the last look that its cron schedule names. */
  readonly due_count: number;
  /** Runs once when the scheduler starts. */
  readonly at_start: boolean;
}

interface Task {
  row: JobRow;
  /** When it last started, or was first seen; counts for 'N seconds'. */
  startedAt: number;
  pending: number;
  /** Set while it runs. */
  run: { readonly done: Promise<void>; readonly cancel: AbortController } | null;
}

/** Starts running due jobs. */
export function startCron({ databaseUrl, log, tickMs, now }: WorkerOptions): Worker {
  const stopping = new AbortController();
  const tasks = new Map<string, Task>();
  const runIds = new Set<string>();
  const session = { leads: false };
  const sql = connect(databaseUrl, {
    name: "pg_cron scheduler",
    onClose: () => session.leads = false,
  });
  let loadedAt = 0;
  let minute = 0;
  let isFirst = true;

  const step = async () => {
    const time = now();
    const present = startOfMinute(time);
    if (time - loadedAt >= RELOAD_MS || present !== minute) {
      if (!session.leads) {
        if (!await takeLead(sql, session, [...runIds])) return;
        // As after a start of pg_cron: minutes of before are not made up for.
        minute = present;
        isFirst = true;
      }
      const missed = (present - minute) / MINUTE_MS;
      const from = missed <= MAX_MISSED_MINUTES ? minute + MINUTE_MS : present;
      const rows = await loadJobs(sql, new Date(from), new Date(present));
      minute = present;
      if (rows === null) return;
      for (const row of rows) {
        const task = remember(tasks, row, time);
        task.pending += row.due_count + (isFirst && row.at_start ? 1 : 0);
      }
      forget(tasks, new Set(rows.map((row) => row.jobid)));
      loadedAt = time;
      isFirst = false;
    }
    for (const task of tasks.values()) {
      const { every_seconds: every } = task.row;
      if (every !== null && task.pending === 0 && time - task.startedAt >= every * 1000) {
        task.pending = 1;
      }
      if (task.pending > 0 && task.run === null && runningCount(tasks) < MAX_RUNNING) {
        start(task);
      }
    }
  };

  const start = (task: Task) => {
    task.pending -= 1;
    task.startedAt = now();
    const cancel = new AbortController();
    const done = runJob(task.row, { sql, databaseUrl, log, runIds, signal: cancel.signal })
      .catch((cause) => log(`cron job ${task.row.jobid}: ${describe(cause)}`))
      .then(() => {
        task.run = null;
      });
    task.run = { done, cancel };
  };

  const loop = repeat("cron", step, { signal: stopping.signal, log, tickMs });
  return {
    async stop() {
      stopping.abort();
      await loop;
      const runs = [...tasks.values()].flatMap(({ run }) => run === null ? [] : [run]);
      await settle(runs.map((run) => run.done), () => runs.forEach((run) => run.cancel.abort()));
      await sql.end({ timeout: 1 });
    },
  };
}

/** Becomes the one that runs jobs, unless another is; then closes what runs of a dead scheduler left open. */
async function takeLead(
  sql: Sql,
  session: { leads: boolean },
  ownRunIds: string[],
): Promise<boolean> {
  const [lock] = await sql<{ taken: boolean; exists: boolean }[]>`
    select pg_try_advisory_lock(${LOCK}) as taken,
      to_regclass('cron.job_run_details') is not null as exists`;
  if (!lock?.taken) return false;
  session.leads = true;
  if (lock.exists) {
    await sql`
      update cron.job_run_details
      set status = 'failed', return_message = 'server restarted'
      where status in ('starting', 'running')
        and not runid = any(string_to_array(${ownRunIds.join(",")}, ',')::bigint[])`;
  }
  return true;
}

/** Gives the active jobs, with how many minutes of a span (both ends included) each is due in; null without pg_cron. */
async function loadJobs(sql: Sql, from: Date, to: Date): Promise<JobRow[] | null> {
  const [extension] = await sql<{ exists: boolean }[]>`
    select to_regprocedure('cron._is_due(text, timestamptz)') is not null as exists`;
  if (!extension?.exists) return null;
  return await sql<JobRow[]>`
    select j.jobid, j.command, j.database, j.username,
      cron._interval_seconds(j.schedule) as every_seconds,
      btrim(j.schedule, E' \t\n') in ('@reboot', '@restart') as at_start,
      (
        select count(*)::integer
        from generate_series(${from}::timestamptz, ${to}::timestamptz, '1 minute') as m (minute)
        where cron._is_due(j.schedule, m.minute)
      ) as due_count
    from cron.job as j
    where j.active
    order by j.jobid`;
}

function remember(tasks: Map<string, Task>, row: JobRow, now: number): Task {
  const task = tasks.get(row.jobid) ?? { row, startedAt: now, pending: 0, run: null };
  task.row = row;
  tasks.set(row.jobid, task);
  return task;
}

/** Drops jobs that were unscheduled or made inactive; one that runs is cancelled and dropped once it ended. */
function forget(tasks: Map<string, Task>, present: Set<string>): void {
  for (const [id, task] of tasks) {
    if (present.has(id)) continue;
    if (task.run === null) tasks.delete(id);
    else {
      task.pending = 0;
      task.run.cancel.abort();
    }
  }
}

function runningCount(tasks: Map<string, Task>): number {
  return tasks.values().filter((task) => task.run !== null).toArray().length;
}

function startOfMinute(ms: number): number {
  return ms - ms % MINUTE_MS;
}
