/**
 * What is wrong with the command line, apart from what goes wrong later.
 *
 * @module
 */

/** The command can't do what its words say. `message` is one sentence for the user; exit code 2. */
export class UsageError extends Error {
  /** For logs. */
  override readonly name = "UsageError";
}
