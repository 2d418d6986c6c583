/**
 * Whether a process runs.
 *
 * @module
 */
import { kill } from "node:process";

/** Tells whether a process runs (also one of another user's). */
export function isAlive(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
