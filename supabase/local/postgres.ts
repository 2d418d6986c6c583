/**
 * The embedded PostgreSQL 17: a real server from npm with real durability, its data in one folder, with the
 * stand-in extensions `pg_cron`, `pg_net` and `supabase_vault` beside those it ships.
 *
 * @module
 */
import * as path from "node:path";
import { type HeldPort, holdPort } from "./ports.ts";
import { findPlace } from "./postgres/account.ts";
import { installServer } from "./postgres/binaries.ts";
import { PASSWORD, prepareCluster } from "./postgres/cluster.ts";
import { PostgresFailure } from "./postgres/failure.ts";
import { runServer, type ServerProcess } from "./postgres/server_process.ts";

/** A running server. */
export interface LocalPostgres {
  /** `postgresql://postgres:postgres@127.0.0.1:<port>/postgres`, the superuser. */
  readonly url: string;
  /** The TCP port, on 127.0.0.1 only. The same after a restart. */
  readonly port: number;
  /** The process; another one after a restart. */
  readonly pid: number;
  /** Ends all sessions and stops the server, writing everything out. Safe to repeat. */
  stop(): Promise<void>;
  /** Kills the server with SIGKILL, as a crash would. `restart` or `stop` must follow. */
  kill(): void;
  /** Stops the server, if it runs, and starts it again on the same data and port. */
  restart(): Promise<void>;
}

/** How a server is started. */
export interface StartPostgresOptions {
  /** The folder for data, programs and `postgres.log`. Made when absent; used by one stack at a time. */
  readonly dir: string;
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
  /** Told what takes long or went wrong, one line a time. */
  readonly say?: (line: string) => void;
}

/** A fast shutdown takes 25 ms when idle; after this the server is told to drop everything. */
const STOP_DEADLINE_MS = 10_000;

/**
 * Starts the server of a folder and resolves when it takes connections: about 1.1 s the first time, 0.1 s
 * later. Runs as `nobody` when we are root. It ends when we do, even if we are killed.
 *
 * Errors: {@link PostgresFailure} when the folder is in use or damaged, the port is taken, or the programs
 * cannot be had or do not run.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<LocalPostgres> {
  const say = options.say ?? (() => {});
  const dir = path.resolve(options.dir);
  await Deno.mkdir(dir, { recursive: true });
  const lock = await lockFolder(dir);
  let held: HeldPort | undefined;
  const release = () => {
    held?.release();
    lock.close();
  };
  try {
    held = await takePort(options.port);
    const { port } = held;
    const place = await findPlace(dir);
    const server = await installServer(place, say);
    const data = await prepareCluster(place, server);
    const run = () => runServer({ place, server, data, port });
    return control({ port, run, say, process: await run(), release });
  } catch (cause) {
    release();
    throw cause;
  }
}

interface Controlled {
  readonly port: number;
  readonly run: () => Promise<ServerProcess>;
  readonly say: (line: string) => void;
  readonly process: ServerProcess;
  readonly release: () => void;
}

function control({ port, run, say, process, release }: Controlled): LocalPostgres {
  let current = process;
  let expected = false;
  let released = false;
  const watch = (watched: ServerProcess) =>
    watched.ended.then(({ code, signal }) => {
      if (!expected) say(`PostgreSQL has ended by itself (${signal ?? `exit code ${code}`})`);
    });
  watch(current);
  const end = async () => {
    expected = true;
    signalIfAlive(current, "SIGINT");
    const timer = setTimeout(() => signalIfAlive(current, "SIGQUIT"), STOP_DEADLINE_MS);
    await current.ended;
    clearTimeout(timer);
  };
  return {
    url: `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
    port,
    get pid() {
      return current.pid;
    },
    async stop() {
      await end();
      if (!released) release();
      released = true;
    },
    kill() {
      expected = true;
      signalIfAlive(current, "SIGKILL");
    },
    async restart() {
      if (released) throw new PostgresFailure("it was stopped; start it anew instead");
      await end();
      current = await run();
      expected = false;
      watch(current);
    },
  };
}

/** Holds the folder for this process; the system lets go of it when we end, however we end. */
async function lockFolder(dir: string): Promise<Deno.FsFile> {
  const file = await Deno.open(path.join(dir, "lock"), { create: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new PostgresFailure(
    `another stack uses "${dir}"; stop it, or give this one another folder`,
  );
}

/** Finds out early, and in our words, whether the port can be had, and keeps it for as long as we run. */
async function takePort(port: number): Promise<HeldPort> {
  const held = await holdPort(port);
  if (held !== null) return held;
  throw new PostgresFailure(
    `port ${port} of 127.0.0.1 is in use; stop what listens there or choose another port`,
  );
}

function signalIfAlive(process: ServerProcess, signal: Deno.Signal): void {
  try {
    process.signal(signal);
  } catch {
    // it has ended
  }
}
