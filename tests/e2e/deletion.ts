/**
 * Deleted things as tests look at them from outside: files, rows, and the ticks that remove both.
 *
 * @module
 */
import assert from "node:assert/strict";
import { post, stack, withDatabase } from "./studio.ts";

/** Names of the objects of a project that Storage still has. */
export async function filesOf(projectId: string): Promise<string[]> {
  const rows = await withDatabase((sql) =>
    sql<{ name: string }[]>`
      select name from storage.objects where name like ${`projects/${projectId}/%`} order by name`
  );
  return rows.map(({ name }) => name);
}

/** Moves deletions so far into the past that their grace is over. */
export async function endGrace(projectIds: readonly string[]): Promise<void> {
  await withDatabase((sql) =>
    sql`update public.projects set deleted_at = now() - private.delete_grace() - interval '1 second'
      where id = any (${[...projectIds]}) and deleted_at is not null`
  );
}

/** Moves the notes of folders past the time in which somebody may still write into them. */
export async function endLateUploads(projectIds: readonly string[]): Promise<void> {
  await withDatabase((sql) =>
    sql`update public.storage_purges set next_at = now(),
        created_at = now() - private.late_upload_window() - interval '1 second'
      where prefix = any (${projectIds.map((id) => `projects/${id}`)})`
  );
}

/** Ticks purge-projects, as cron does, until something holds. */
export async function purgeUntil(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; !await holds(); tries++) {
    assert.ok(tries < 100, `purge-projects never came to it: ${what}`);
    const tick = await post("purge-projects", {}, { apikey: stack.secretKey });
    assert.equal(tick.status, 202, tick.text);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The notes of projects' folders that are left. */
export async function notesOf(projectIds: readonly string[]) {
  return await withDatabase((sql) =>
    sql<{ prefix: string; removed_count: number; error: string | null }[]>`
      select prefix, removed_count, error from public.storage_purges
      where prefix = any (${projectIds.map((id) => `projects/${id}`)})`
  );
}

/** How many rows a project has left, in all tables that name projects. */
export async function rowsOf(projectId: string): Promise<number> {
  return await withDatabase(async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select c.relname as name from pg_class as c join pg_attribute as a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'project_id'`;
    let count = (await sql`select 1 from public.projects where id = ${projectId}`).length;
    for (const { name } of tables) {
      const rows = await sql`
        select 1 from ${sql(`public.${name}`)} where project_id = ${projectId}`;
      count += rows.length;
    }
    return count;
  });
}
