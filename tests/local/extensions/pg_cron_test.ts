import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { Cron } from "croner";
import { startTemporaryPostgres, type TemporaryPostgres } from "../temporary_postgres.ts";

let database: TemporaryPostgres;
Deno.test.beforeAll(async () => {
  database = await startTemporaryPostgres(`
    create extension if not exists pg_cron;
    create role clerk login;
    create role other_clerk login;
    create role nobody_logs_in;
    grant usage on schema cron to clerk, other_clerk;
    create database closed;
    revoke connect on database closed from public;
  `);
});
Deno.test.afterAll(() => database.remove());

/** Runs as a role, in a transaction that is rolled back. */
async function as<T>(role: string, work: (sql: TemporaryPostgres["sql"]) => Promise<T>) {
  const outcome: { value?: T } = {};
  await database.sql.begin(async (sql) => {
    await sql`select set_config('role', ${role}, true)`;
    outcome.value = await work(sql as unknown as TemporaryPostgres["sql"]);
    throw new RolledBack();
  }).catch((cause) => {
    if (!(cause instanceof RolledBack)) throw cause;
  });
  return outcome.value as T;
}
class RolledBack extends Error {}
