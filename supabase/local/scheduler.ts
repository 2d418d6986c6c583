/**
 * The work of pg_cron's and pg_net's background workers, for a database whose extensions are the stand-ins of
 * `extensions/`: runs due jobs of `cron.job` and sends the requests of `net.http_request_queue`.
 *
 * @module
 */
import { startCron } from "./scheduler/cron.ts";
import { startHttpQueue } from "./scheduler/http_queue.ts";

/** What the scheduler needs. */
export interface SchedulerOptions {
  /** A superuser's connection string; jobs run as their own users. A secret. */
  readonly databaseUrl: string;
  /** Told of failed jobs and requests and of lost connections, one line a time. Absent: nobody is. */
  readonly log?: (line: string) => void;
  /** Pause between two looks at the queues. Default 200: a look costs 1 ms, the wait is 100 ms on average. */
  readonly tickMs?: number;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
}

/** A running scheduler. */
export interface Scheduler {
  /** Starts nothing more, gives what runs 1 s to end, cancels the rest, closes the connections. */
  stop(): Promise<void>;
}

/**
 * Starts the scheduler, at once and whether or not the database answers yet: it waits for it, for the
 * extensions to be created, and again after a restart. Of several schedulers on one database one runs the jobs.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const settings = { log: () => {}, tickMs: 200, now: Date.now, ...options };
  const workers = [startCron(settings), startHttpQueue(settings)];
  return {
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
