/**
 * How the stack speaks to people: one clear sentence a line, and one class for failures whose sentence is
 * all the user needs, without a stack trace.
 *
 * @module
 */

/** Takes one line for people. */
export type Say = (line: string) => void;

/** Says nothing; the default inside tests. */
export const silent: Say = () => {};

/** A failure the user can act on. `message` is the whole sentence; programs end with exit code 1. */
export class StackError extends Error {
  /** Tells it from other errors in logs. */
  override readonly name = "StackError";
}
