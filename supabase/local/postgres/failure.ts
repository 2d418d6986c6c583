/**
 * The one exception of the embedded PostgreSQL: a sentence a person can act on.
 *
 * @module
 */

/** PostgreSQL could not be had, prepared or started. The message says what is wrong and what to do. */
export class PostgresFailure extends Error {
  /** Tells it from other errors in logs. */
  override readonly name = "PostgresFailure";

  /** Makes the failure of a reason: what is wrong, and after a semicolon what to do. */
  constructor(reason: string, options?: ErrorOptions) {
    super(`Cannot start PostgreSQL: ${reason}`, options);
  }
}
