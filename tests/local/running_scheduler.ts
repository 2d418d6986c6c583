/**
 * A scheduler for one test, on a clock that the test sets.
 *
 * @module
 */
import { startScheduler } from "../../supabase/local/scheduler.ts";
import { eventually, type TemporaryPostgres } from "./temporary_postgres.ts";

const TICK_MS = 20;

/** What a test may do to and see of its scheduler. */
export interface RunningScheduler {
  /** Milliseconds since 1970, as the scheduler reads them; begins at 2026-11-21 10:00:30. */
  time: number;
  /** What it logged. */
  readonly lines: readonly string[];
}

/** Runs a scheduler while a test works, then stops it and empties what it works on. */
export async function withScheduler(
  database: TemporaryPostgres,
  work: (scheduler: RunningScheduler) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  const running = { time: Date.parse("2026-11-21T10:00:30Z"), lines };
  const scheduler = startScheduler({
    databaseUrl: database.server.url,
    log: (line) => lines.push(line),
    tickMs: TICK_MS,
    now: () => running.time,
  });
  try {
    await eventually("the scheduler", async () => {
      const [row] = await database.sql`
        select count(*)::int as count from pg_stat_activity
        where application_name in ('pg_cron scheduler', 'pg_net 0.20.4') and state = 'idle'`;
      return row?.count === 2 ? true : undefined;
    });
    await work(running);
  } finally {
    await scheduler.stop();
    await database.sql`delete from cron.job`;
    await database.sql`truncate cron.job_run_details, net._http_response`;
  }
}

/** Waits for this many looks of the scheduler at its clock and its tables. */
export function ticks(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * (TICK_MS + 40)));
}
