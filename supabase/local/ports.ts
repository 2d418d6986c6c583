/**
 * Ports of the stack on 127.0.0.1. The defaults are the Supabase CLI's, so habits and client settings carry
 * over; 0 means any free one.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StackError } from "./say.ts";

/** One port per door. The API behind the gateway and the workers use any free port and need none here. */
export interface StackPorts {
  /** The gateway: everything a client uses. */
  readonly api: number;
  /** PostgreSQL. */
  readonly postgres: number;
  /** The simulated providers. */
  readonly providers: number;
}

/** The Supabase CLI's ports, and the next free one after them for the simulators. */
export const DEFAULT_PORTS: StackPorts = { api: 54321, postgres: 54322, providers: 54329 };

/** The sentence for a port that another program has. `option` says what to do. */
export function portTaken(port: number, purpose: string, option: string): StackError {
  return new StackError(
    `Cannot open port ${port} for ${purpose}: another program listens there; ${option}`,
  );
}

/** A port that is ours until released, or until this process ends: also while nothing listens there. */
export interface HeldPort {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Lets others have it. */
  release(): void;
}

/**
 * Where free ports are looked for: below those that systems give to outgoing connections (from 32768 on
 * Linux, 49152 elsewhere), so that none of them takes one while its server is down.
 */
const FREE_PORTS = { first: 24_000, count: 4_000 };

/**
 * Takes a port for a server that may be down for a while, as PostgreSQL is when it restarts. Whoever connects
 * to it again must not meet another stack's server there, whose password is the same. 0 takes a free one.
 * Null: this one is in use, or held by another stack.
 */
export async function holdPort(port: number): Promise<HeldPort | null> {
  if (port !== 0) return await tryHold(port);
  const start = Math.floor(Math.random() * FREE_PORTS.count);
  for (let tried = 0; tried < FREE_PORTS.count; tried++) {
    const held = await tryHold(FREE_PORTS.first + (start + tried) % FREE_PORTS.count);
    if (held !== null) return held;
  }
  return null;
}

/** Locks the port's file, which the system undoes when we end, and looks whether anybody listens. */
async function tryHold(port: number): Promise<HeldPort | null> {
  const dir = join(tmpdir(), "ai-studio-ports");
  await mkdir(dir, { recursive: true, mode: 0o777 });
  let file: Deno.FsFile;
  try {
    file = await Deno.open(join(dir, String(port)), { create: true, read: true, write: true });
  } catch (cause) {
    // Another user of the machine has taken it before.
    if (cause instanceof Deno.errors.PermissionDenied) return null;
    throw cause;
  }
  try {
    if (await file.tryLock(true)) {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return { port, release: () => file.close() };
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) {
      file.close();
      throw cause;
    }
  }
  file.close();
  return null;
}
