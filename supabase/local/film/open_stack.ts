/**
 * The stack a film is made on: the one that runs in the directory already, or one of our own.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { PROJECT_DIR } from "../child.ts";
import { loadKeys, publicKeySet } from "../keys.ts";
import { DEFAULT_PORTS } from "../ports.ts";
import type { Say } from "../say.ts";
import { startStack } from "../stack.ts";
import { readStackState, type StackState } from "../state.ts";

/** A stack that answers. */
export interface OpenStack {
  /** Base URL for clients, without a trailing slash. */
  readonly url: string;
  /** The key for clients. */
  readonly publishable: string;
  /** The command that starts it again after {@link OpenStack.close}; null: another process keeps it going. */
  readonly startAgain: string | null;
  /** Ends what this process started; nothing when it started nothing. */
  close(): Promise<void>;
}

/** Which stack. */
export interface OpenStackOptions {
  /** `.local` of the project unless given. */
  readonly dir?: string | undefined;
  /** For a stack of our own; 0 means any. */
  readonly port: number;
  /** Told what is being started. */
  readonly say: Say;
}

/** It is on this machine: an answer later than this is none. */
const PROBE_TIMEOUT_MS = 2000;

/** Opens it. Errors: those of `startStack`. */
export async function openStack({ dir, port, say }: OpenStackOptions): Promise<OpenStack> {
  const place = resolve(dir ?? join(PROJECT_DIR, ".local"));
  const running = await readStackState(place);
  if (running !== undefined && await isRunning(running, place)) {
    say(`Using the stack that runs at ${running.url}`);
    return {
      url: running.url,
      publishable: running.publishable,
      startAgain: null,
      close: () => Promise.resolve(),
    };
  }
  // Only the API's port is in URLs that are kept; the others may be any.
  const stack = await startStack({
    dir: place,
    ports: { api: port, postgres: 0, providers: 0 },
    say,
  });
  return {
    url: stack.url,
    publishable: stack.keys.publishable,
    startAgain: startCommand(dir, Number(new URL(stack.url).port)),
    close: () => stack.stop(),
  };
}

/** Stored URLs name the port, so a port of one's own has to be asked for again. */
function startCommand(dir: string | undefined, port: number): string {
  return [
    "deno task start",
    ...(port === DEFAULT_PORTS.api ? [] : [`--port ${port}`]),
    ...(dir === undefined ? [] : [`--dir "${dir}"`]),
  ].join(" ");
}

/** A process id can be another's by now, and so can a port: the published key is what tells. */
async function isRunning(state: StackState, dir: string): Promise<boolean> {
  try {
    const response = await fetch(`${state.url}/auth/v1/.well-known/jwks.json`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const published: { keys: readonly { kid?: string }[] } = await response.json();
    const own = publicKeySet(await loadKeys(dir)).keys[0]?.kid;
    return own !== undefined && published.keys.some((key) => key.kid === own);
  } catch {
    return false;
  }
}
