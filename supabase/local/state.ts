/**
 * The directory of a stack: who owns it, and what is running there, so that a second start, a test in
 * another process, or a command can find out.
 *
 * @module
 */
import { join } from "node:path";
import { kill } from "node:process";
import { type Say, StackError } from "./say.ts";

/** What runs in a directory, as written to its `stack.json`. Secrets among it: the file is for its owner. */
export interface StackState {
  /** The process that started the stack. */
  readonly pid: number;
  /** Base URL for clients. */
  readonly url: string;
  /** Of the superuser. */
  readonly databaseUrl: string;
  /** API key of clients. */
  readonly publishable: string;
  /** API key of servers; secret. */
  readonly secret: string;
  /** Base URL of the simulators; empty when there are none. */
  readonly providersUrl: string;
  /** PostgreSQL's, for fault tests. */
  readonly postgresPid: number;
  /** Those of the processes that run functions. */
  readonly workerPids: readonly number[];
  /** Every process of the stack but the one that started it. */
  readonly pids: readonly number[];
}

/** A directory that is ours until released, or until this process ends. */
export interface OwnedDir {
  /** Writes what runs, for {@link readStackState}. */
  publish(state: StackState): void;
  /** Lets go of the directory. */
  release(): void;
}

const STATE = "stack.json";
const LOCK = "stack.lock";

/**
 * Makes the directory and takes it. The lock is the system's own on an open file, so it is gone with the
 * process however that ends, and no stale one can be left. `reset` empties the directory first.
 *
 * Errors: {@link StackError} when another stack runs there, with its process and address.
 */
export async function takeDir(
  dir: string,
  options: { readonly reset: boolean; readonly say: Say },
): Promise<OwnedDir> {
  await Deno.mkdir(dir, { recursive: true });
  const file = await Deno.open(join(dir, LOCK), { create: true, read: true, write: true });
  if (!await file.tryLock(true)) {
    file.close();
    const other = await readStackState(dir);
    const where = other ? `process ${other.pid} at ${other.url}` : "another process";
    throw new StackError(`Cannot start in "${dir}": ${where} runs a stack there`);
  }
  if (options.reset) {
    options.say(`Emptying ${dir}`);
    for await (const entry of Deno.readDir(dir)) {
      if (entry.name !== LOCK) await Deno.remove(join(dir, entry.name), { recursive: true });
    }
  }
  const path = join(dir, STATE);
  return {
    publish(state) {
      Deno.writeTextFileSync(`${path}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
      Deno.renameSync(`${path}.new`, path);
    },
    release() {
      try {
        Deno.removeSync(path);
      } catch {
        // Nothing had been published yet.
      }
      file.close();
    },
  };
}

/** Tells what runs in a directory; `undefined` when nothing does. */
export async function readStackState(dir: string): Promise<StackState | undefined> {
  try {
    const state: StackState = JSON.parse(await Deno.readTextFile(join(dir, STATE)));
    // Fails when there is no such process; a stack that was killed leaves its file behind.
    kill(state.pid, 0);
    return state;
  } catch {
    return undefined;
  }
}
