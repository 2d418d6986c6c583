/**
 * Ports of the stack on 127.0.0.1. The defaults are the Supabase CLI's, so habits and client settings carry
 * over; 0 means any free one.
 *
 * @module
 */
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
