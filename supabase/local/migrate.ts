/**
 * Brings a database to the state of the project's files: what the platform has, then the migrations that
 * are missing, then the seed, recorded where the Supabase CLI records them, so that either can go on where
 * the other stopped. (The CLI itself takes seconds to start; this takes milliseconds.)
 *
 * @module
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { StackError } from "./say.ts";
import { splitSql } from "./split_sql.ts";

const HISTORY = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (
    version text not null primary key,
    statements text[],
    name text
  );
  create table if not exists supabase_migrations.seed_files (
    path text not null primary key,
    hash text not null
  );
`;

/** Prepares the database as a hosted project is before its first migration. Safe to run at every start. */
export async function preparePlatform(sql: Sql): Promise<void> {
  await sql.unsafe(await Deno.readTextFile(join(import.meta.dirname ?? "", "platform.sql")));
}

/**
 * Applies the files `<version>_<name>.sql` of `dir` that are not in the history, in the order of their
 * versions, each in one transaction with its record. Gives the names applied now; a folder that does not
 * exist is an empty one.
 *
 * Errors: {@link StackError} naming the file, with PostgreSQL's message and line. What came before stays.
 */
export async function applyMigrations(sql: Sql, dir: string): Promise<string[]> {
  await sql.unsafe(HISTORY);
  const rows = await sql<{ version: string }[]>`
    select version from supabase_migrations.schema_migrations`;
  const known = new Set(rows.map((row) => row.version));
  const applied: string[] = [];
  for (const file of await listSql(dir)) {
    const [, version, name] = /^(\d+)_(.*)\.sql$/.exec(file) ?? [];
    if (version === undefined || name === undefined || known.has(version)) continue;
    const text = await Deno.readTextFile(join(dir, file));
    try {
      await sql.begin(async (tx) => {
        await tx.unsafe(text);
        await tx`
          insert into supabase_migrations.schema_migrations (version, name, statements)
          values (${version}, ${name}, ${splitSql(text)})`;
      });
    } catch (cause) {
      throw new StackError(`Cannot apply "${join(dir, file)}": ${explain(cause, text)}`, { cause });
    }
    applied.push(file);
  }
  return applied;
}

/**
 * Runs a seed of the project once per database and records its hash as the CLI does. False when it had been
 * run, or is not there.
 */
export async function applySeed(
  sql: Sql,
  projectDir: string,
  seedPath: string,
): Promise<boolean> {
  const path = join(projectDir, seedPath);
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text === undefined) return false;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hash = new Uint8Array(digest).toHex();
  try {
    return await sql.begin(async (tx) => {
      const recorded = await tx`
        insert into supabase_migrations.seed_files (path, hash)
        values (${join("supabase", seedPath)}, ${hash})
        on conflict (path) do nothing
        returning path`;
      if (recorded.length > 0) await tx.unsafe(text);
      return recorded.length > 0;
    });
  } catch (cause) {
    throw new StackError(`Cannot apply "${path}": ${explain(cause, text)}`, { cause });
  }
}

/**
 * Puts values into the Vault by name, replacing older ones. A database whose migrations did not make the
 * Vault is left as it is.
 */
export async function storeInVault(sql: Sql, values: Record<string, string>): Promise<void> {
  const [vault] = await sql`select to_regclass('vault.decrypted_secrets') is not null as exists`;
  if (!vault?.exists) return;
  for (const [name, value] of Object.entries(values)) {
    const [old] =
      await sql`select id, decrypted_secret from vault.decrypted_secrets where name = ${name}`;
    if (old === undefined) await sql`select vault.create_secret(${value}, ${name})`;
    else if (old.decrypted_secret !== value) {
      await sql`select vault.update_secret(${old.id}, ${value})`;
    }
  }
}

async function listSql(dir: string): Promise<string[]> {
  try {
    const files = await Array.fromAsync(Deno.readDir(dir), (entry) => entry.name);
    return files.filter((name) => name.endsWith(".sql")).sort();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}

/** PostgreSQL's message with the line it points to, when it points to one. */
function explain(cause: unknown, text: string): string {
  if (!(cause instanceof Error)) return String(cause);
  const position = "position" in cause ? Number(cause.position) : NaN;
  if (Number.isNaN(position)) return cause.message;
  return `${cause.message} (line ${text.slice(0, position).split("\n").length})`;
}
