import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { claim } from "../engine.ts";

/** Adds due clips behind the statistics' back: as many of each of some tenants. */
async function addDue(
  { owner, user, model }: Studio,
  { tenants, each, provider }: { tenants: number; each: number; provider: string },
): Promise<void> {
  const modelId = await model({ provider });
  const users = await Promise.all(Array.from({ length: tenants }, () => user()));
  await owner`
    insert into public.jobs (user_id, kind, model_id, provider, run_at, deadline_at)
    select user_id, 'video', ${modelId}, ${provider}, now() - n * interval '1 millisecond',
      now() + interval '1 hour'
    from unnest(${users}::uuid[]) as user_id, generate_series(1, ${each}::int) as n`;
}

/** How many rows of `jobs` a claim reads, and how many jobs it gives; nothing stays of it. */
async function costOf(
  owner: postgres.Sql,
  limit: number,
): Promise<{ rows: number; jobs: number }> {
  const undone = new Error("undone");
  let cost = { rows: 0, jobs: 0 };
  await owner.begin(async (sql) => {
    // What this connection did before may not have been handed in yet, and would count.
    const before = await rowsRead(sql);
    const jobs = await claim(sql, { limit });
    cost = { rows: await rowsRead(sql) - before, jobs: jobs.length };
    throw undone;
  }).catch((error) => assert.equal(error, undone));
  return cost;
}

/** How many rows of `jobs` a transaction has read so far. */
async function rowsRead(sql: postgres.TransactionSql): Promise<number> {
  const [read] = await sql<{ rows: number }[]>`
    select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables
    where schemaname = 'public' and relname = 'jobs'`;
  assert.ok(read);
  return read.rows;
}

Deno.test("promise 13: claim_jobs() reads a few rows a tenant when thousands wait for a provider that is blocked", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const provider = await studio.provider();
    await addDue(studio, { tenants: 20, each: 250, provider });
    await owner`
      update public.provider_limits set blocked_until = now() + interval '1 hour'
      where provider = ${provider}`;
    const { rows, jobs } = await costOf(owner, 6);
    assert.equal(jobs, 0);
    assert.ok(rows <= 3 * 20, `${rows} rows read`);
  }));

Deno.test("promise 13: claim_jobs() reads as much for a tenant's 3,000 due jobs as for 100, whatever the statistics say", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const provider = await studio.provider();
    // The queue was empty when it was looked at last, and when the plan was made.
    await owner`analyze public.jobs`;
    await costOf(owner, 6);
    await owner`delete from pg_statistic where starelid = 'public.jobs'::regclass`;
    await addDue(studio, { tenants: 2, each: 100, provider });
    const few = await costOf(owner, 6);
    await addDue(studio, { tenants: 2, each: 2_900, provider });
    const many = await costOf(owner, 6);
    assert.deepEqual([few.jobs, many.jobs], [6, 6]);
    assert.ok(few.rows <= 300, `${few.rows} rows read`);
    // The second time there are two tenants more.
    assert.ok(many.rows <= 2 * few.rows, `${many.rows} rows read, not ${few.rows}`);
  }));

Deno.test("claim_jobs() finds jobs beyond those that another session is taking, and waits for none", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const provider = await studio.provider();
    await addDue(studio, { tenants: 1, each: 100, provider });
    await owner.begin(async (sql) => {
      // More than a claim of one looks at first.
      const held = await claim(sql, { limit: 80 });
      assert.equal(held.length, 80);
      const others = await claim(service, { limit: 1 });
      assert.equal(others.length, 1);
      assert.ok(held.every(({ id }) => id !== others[0]?.id));
      assert.equal((await claim(service, { limit: 50 })).length, 19);
    });
  }));

Deno.test("promise 13: an empty tick reads no row of what has been: neither finished jobs nor such as wait for their time", () =>
  withStudio(async (studio) => {
    const { owner, user, model } = studio;
    const modelId = await model();
    const userId = await user();
    await owner`
      insert into public.jobs (user_id, kind, model_id, state, run_at, deadline_at, finished_at)
      select ${userId}, 'video', ${modelId}, 'succeeded', now() - n * interval '1 minute',
        now() - n * interval '1 minute', now() - n * interval '1 minute'
      from generate_series(1, 5000) as n`;
    await owner`
      insert into public.jobs (user_id, kind, model_id, state, attempt, run_at, deadline_at)
      select ${userId}, 'video', ${modelId}, 'waiting', 1, now() + n * interval '1 minute',
        now() + interval '1 day'
      from generate_series(1, 500) as n`;
    assert.deepEqual(await costOf(owner, 6), { rows: 0, jobs: 0 });
    await owner.begin(async (sql) => {
      const before = await rowsRead(sql);
      await sql`select public.expire_jobs()`;
      assert.equal(await rowsRead(sql), before);
    });
  }));
