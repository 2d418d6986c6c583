/**
 * Where the stack is that tests run against: `tests/run.ts` starts it and says so in the environment.
 *
 * @module
 */

/** What `TEST_STACK` holds, as JSON: the full stack with workers, cron and simulated providers. */
export interface TestStack {
  /** Base URL for clients, without a trailing slash. */
  readonly url: string;
  /** The database's owner. Secret. */
  readonly databaseUrl: string;
  /** What apps carry. */
  readonly publishableKey: string;
  /** Secret. */
  readonly secretKey: string;
  /** Base URL of the simulators and their fault switch. */
  readonly providersUrl: string;
  /** Processes that run functions, as they were at the start. */
  readonly workerPids: readonly number[];
}

/** The full stack. Throws with the command that starts it when there is none. */
export function readTestStack(): TestStack {
  const text = Deno.env.get("TEST_STACK");
  if (text === undefined) throw new Error("TEST_STACK is not set: run deno task test");
  return JSON.parse(text);
}

/**
 * The migrated and seeded database of tests/db, as its owner: any Postgres that nobody else works on.
 * Throws with the command that starts one when there is none.
 */
export function readDatabaseUrl(): string {
  const url = Deno.env.get("DATABASE_URL");
  if (url !== undefined && url !== "") return url;
  throw new Error(
    "DATABASE_URL is not set: run deno task test, or DATABASE_URL=postgresql://… deno test -A tests/db",
  );
}
