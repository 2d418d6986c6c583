/**
 * PostgreSQL of the stack, kept running: the platform starts a crashed database again, so this does too.
 *
 * @module
 */
import { isAlive } from "./process_alive.ts";
import { type LocalPostgres, startPostgres, type StartPostgresOptions } from "./postgres.ts";
import { PostgresFailure } from "./postgres/failure.ts";
import { type Say, silent, StackError } from "./say.ts";

/** How a kept database is started. */
export interface DatabaseOptions extends StartPostgresOptions {
  /** Told when the process is another one. */
  readonly onRestart: () => void;
}

/** How often the process is looked for: asking costs microseconds, and a crash is rare. */
const LOOK_MS = 200;

/**
 * Starts it. A process that ends by itself, or is killed from outside, is replaced; after `kill` of the
 * handle nothing happens until its `restart`. Errors: {@link StackError} with PostgreSQL's reason.
 */
export async function startDatabase(options: DatabaseOptions): Promise<LocalPostgres> {
  const say: Say = options.say ?? silent;
  const database = await startPostgres(options).catch((cause) => {
    if (cause instanceof PostgresFailure) throw new StackError(cause.message, { cause });
    throw cause;
  });
  let isWanted = true;
  let restarting: Promise<void> | undefined;
  const restart = () => {
    isWanted = true;
    restarting ??= database.restart().then(options.onRestart).finally(() => restarting = undefined);
    return restarting;
  };
  const look = setInterval(() => {
    if (!isWanted || restarting !== undefined || isAlive(database.pid)) return;
    say("Starting PostgreSQL again");
    restart().catch((cause) => {
      isWanted = false;
      say(cause instanceof Error ? cause.message : String(cause));
    });
  }, LOOK_MS);
  return {
    url: database.url,
    port: database.port,
    get pid() {
      return database.pid;
    },
    kill() {
      isWanted = false;
      database.kill();
    },
    restart,
    async stop() {
      isWanted = false;
      clearInterval(look);
      await restarting?.catch(() => {});
      await database.stop();
    },
  };
}
