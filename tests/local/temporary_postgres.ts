/**
 * A database server for one test file, in a folder of its own that goes with it.
 *
 * @module
 */
import postgres from "postgres";
import { type LocalPostgres, startPostgres } from "../../supabase/local/postgres.ts";

/** A server, a superuser's client for it, and the means to be rid of both. */
export interface TemporaryPostgres {
  /** The server. */
  readonly server: LocalPostgres;
  /** Connected as superuser. */
  readonly sql: postgres.Sql;
  /** Stops the server and deletes its folder. */
  remove(): Promise<void>;
}

/** Starts an empty server and runs a script in it. */
export async function startTemporaryPostgres(setUp = ""): Promise<TemporaryPostgres> {
  const dir = await Deno.makeTempDir({ prefix: "postgres_test_" });
  await Deno.chmod(dir, 0o755);
  const server = await startPostgres({ dir, port: 0 });
  const sql = postgres(server.url, { max: 4, onnotice: () => {}, backoff: () => 0.1 });
  const remove = async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
    await Deno.remove(dir, { recursive: true });
  };
  try {
    if (setUp !== "") await sql.unsafe(setUp);
    return { server, sql, remove };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

/** Looks until there is something, for at most `timeoutMs`; fails with what was awaited. */
export async function eventually<T>(
  awaited: string,
  look: () => Promise<T | undefined>,
  timeoutMs = 5000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Waited ${timeoutMs} ms for ${awaited}`);
}

/** Runs something as a role, in a transaction that is rolled back; gives its result or failure. */
export async function rehearse<T>(
  sql: postgres.Sql,
  role: string,
  work: (sql: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const results: T[] = [];
  const rollback = new Error("rollback");
  await sql.begin(async (transaction) => {
    await transaction`select set_config('role', ${role}, true)`;
    results.push(await work(transaction));
    throw rollback;
  }).catch((cause) => {
    if (cause !== rollback) throw cause;
  });
  const [result] = results;
  if (result === undefined) throw new Error("The rehearsed work gave nothing");
  return result;
}
