/**
 * A database server for one test file, in a folder of its own that goes with it.
 *
 * @module
 */
import postgres from "postgres";
import { type LocalPostgres, startPostgres } from "../../supabase/local/postgres.ts";

/** A server, a superuser's client for it, and the means to be rid of both. */
export interface TemporaryPostgres {
  readonly server: LocalPostgres;
  readonly sql: postgres.Sql;
  remove(): Promise<void>;
}

/** Starts an empty server and runs a script in it. */
export async function startTemporaryPostgres(setUp = ""): Promise<TemporaryPostgres> {
  const dir = await Deno.makeTempDir({ prefix: "postgres_test_" });
  await Deno.chmod(dir, 0o755);
  const server = await startPostgres({ dir, port: 0 });
  const sql = postgres(server.url, { max: 4, onnotice: () => {}, backoff: () => 0.1 });
  if (setUp !== "") await sql.unsafe(setUp);
  return {
    server,
    sql,
    async remove() {
      await sql.end({ timeout: 1 });
      await server.stop();
      await Deno.remove(dir, { recursive: true });
    },
  };
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
