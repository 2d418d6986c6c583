/**
 * One run of the server: starting it, waiting until it takes connections, ending it. A guard process ends it
 * too when we are gone without having done so.
 *
 * @module
 */
import { isAlive } from "../process_alive.ts";
import * as path from "node:path";
import { asAccount, giveToAccount, type Place } from "./account.ts";
import { ENVIRONMENT } from "./cluster.ts";
import { PostgresFailure } from "./failure.ts";

/** A server that takes connections. */
export interface ServerProcess {
  /** Its process id. */
  readonly pid: number;
  /** Settles when the process has ended, however it came to that. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Sends a signal; throws when the process has ended. */
  signal(signal: Deno.Signal): void;
}

/** What a run needs. */
export interface RunOptions {
  /** Folder and account. */
  readonly place: Place;
  /** The programs' folder. */
  readonly server: string;
  /** The data directory. */
  readonly data: string;
  /** The TCP port. */
  readonly port: number;
}

/** Recovery after a crash replays at most `max_wal_size`, 1 GB: seconds, even on a slow disk. */
const READY_DEADLINE_MS = 60_000;

/** How long the remains of a killed server (its workers, or itself while it stops) are waited for. */
const REMAINS_DEADLINE_MS = 10_000;

const POLL_MS = 10;

/** A log that grew beyond this is begun anew at the next start. */
const LOG_LIMIT_BYTES = 10_000_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "128MB",
  fsync: "on",
  synchronous_commit: "on",
  wal_level: "replica",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  // %e is the SQLSTATE, by which failures to start are told apart.
  log_line_prefix: "%m [%p] %e ",
};

/** SQLSTATE `lock_file_exists`: another server, or workers of a killed one, still hold the data directory. */
const LOCK_FILE_EXISTS = "F0001";

/**
 * Starts the server on a data directory and resolves when it takes connections. Waits for the remains of a
 * killed server first. Errors: {@link PostgresFailure} with the server's own reason.
 */
export async function runServer(options: RunOptions): Promise<ServerProcess> {
  const deadline = Date.now() + REMAINS_DEADLINE_MS;
  await clearStalePid(options, deadline);
  while (true) {
    const run = await spawnServer(options);
    const reason = await untilReady(options, run);
    if (reason === null) return run;
    if (!reason.startsWith(LOCK_FILE_EXISTS) || Date.now() > deadline) {
      throw new PostgresFailure(
        `${reason.replace(/^[0-9A-Z]{5} /, "")} (see ${
          path.join(options.place.dir, "postgres.log")
        })`,
      );
    }
    await delay(10 * POLL_MS);
  }
}

interface StartingServer extends ServerProcess {
  /** Where this run's lines begin in the log. */
  readonly logOffset: number;
}

async function spawnServer({ place, server, data, port }: RunOptions): Promise<StartingServer> {
  const log = path.join(place.base, "postgres.log");
  const size = (await Deno.stat(log).catch(() => null))?.size ?? 0;
  await Deno.writeFile(log, new Uint8Array(), { append: size < LOG_LIMIT_BYTES, create: true });
  await giveToAccount(place, log);
  const settings = Object.entries({ ...SETTINGS, port: String(port) })
    .flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const common = {
    cwd: place.base,
    clearEnv: true,
    env: { ...ENVIRONMENT },
    stdout: "null",
    stderr: "null",
    // Out of the terminal's reach: Ctrl-C is for us, and we end the server after what uses it.
    detached: true,
    ...asAccount(place),
  } as const;
  const child = new Deno.Command("/bin/sh", {
    // The shell is there to point the output at a file; exec keeps the pid.
    args: [
      "-c",
      'log=$1; shift; exec "$@" >>"$log" 2>&1',
      "sh",
      log,
      path.join(server, "bin", "postgres"),
      "-D",
      data,
      ...settings,
    ],
    stdin: "null",
    ...common,
  }).spawn();
  child.unref();
  const guard = new Deno.Command("/bin/sh", {
    // Reads until we write a line (the server has ended) or are gone (end of file).
    args: ["-c", 'read -r _ || kill -INT "$1"', "sh", String(child.pid)],
    stdin: "piped",
    ...common,
  }).spawn();
  guard.unref();
  const ended = child.status.then(async (status) => {
    const writer = guard.stdin.getWriter();
    await writer.write(new TextEncoder().encode("ended\n")).catch(() => {});
    await writer.close().catch(() => {});
    await guard.status;
    return status;
  });
  return {
    pid: child.pid,
    ended,
    signal: (signal) => child.kill(signal),
    logOffset: size < LOG_LIMIT_BYTES ? size : 0,
  };
}

/** Resolves with null when the server takes connections, else with the reason why it ended. */
async function untilReady(options: RunOptions, run: StartingServer): Promise<string | null> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let ended = false;
  run.ended.then(() => ended = true);
  while (!ended) {
    const [pid, , , , , , , state] = await pidFile(options.data);
    if (Number(pid) === run.pid && state?.startsWith("ready")) return null;
    if (Date.now() > deadline) {
      run.signal("SIGQUIT");
      await run.ended;
      return `it was not ready after ${READY_DEADLINE_MS / 1000} s`;
    }
    await delay(POLL_MS);
  }
  const log = await Deno.readFile(path.join(options.place.base, "postgres.log"));
  // Its own lines: workers of a killed server write their last ones into the same file.
  const lines = new TextDecoder().decode(log.subarray(run.logOffset)).trim().split("\n")
    .filter((line) => line.includes(`[${run.pid}]`) || !/\[\d+\]/.test(line));
  const fatal = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? "";
  // Date, time, zone and pid lead the line; the SQLSTATE stays for the caller.
  return fatal.replace(/^\S+ \S+ \S+ \[\d+\] /, "") || "it ended without a reason";
}

/**
 * Deals with the pid file of a server that was not stopped. One that still runs is given time: its guard is
 * ending it. If the number belongs to an unrelated process by now, as it soon does in a restarted container,
 * the server would refuse for ever, so the file is removed; that is safe because we hold the stack's lock.
 */
async function clearStalePid({ data, place }: RunOptions, deadline: number): Promise<void> {
  while (true) {
    const pid = Number((await pidFile(data))[0]);
    if (!(pid > 0) || !isAlive(pid)) return;
    if (!await isPostgres(pid)) {
      await Deno.remove(path.join(data, "postmaster.pid")).catch(() => {});
      return;
    }
    if (Date.now() > deadline) {
      throw new PostgresFailure(
        `process ${pid} already runs on "${path.join(place.dir, "data")}"; ` +
          `stop it with "kill -INT ${pid}"`,
      );
    }
    await delay(10 * POLL_MS);
  }
}

/** The lines of the server's pid file; none when there is no server. */
async function pidFile(data: string): Promise<string[]> {
  try {
    return (await Deno.readTextFile(path.join(data, "postmaster.pid"))).split("\n");
  } catch {
    return [];
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (Deno.build.os === "linux") {
    const command = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
    return path.basename(command.split("\0")[0] ?? "") === "postgres";
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-p", String(pid), "-o", "comm="] })
    .output();
  return path.basename(new TextDecoder().decode(stdout).trim()) === "postgres";
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
