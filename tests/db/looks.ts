/**
 * What tests see of the engine from outside: rows, money, traces and refusals.
 *
 * @module
 */
import assert from "node:assert/strict";
import postgres from "postgres";
import type { JobRow, Session } from "./engine.ts";

/** Reads a job. */
export async function readJob(session: Session, id: string): Promise<JobRow> {
  const [job] = await session<JobRow[]>`select * from public.jobs where id = ${id}`;
  assert.ok(job, "there is no such job");
  return job;
}

/** Makes a job due, or late by its deadline, without waiting. */
export async function backdate(
  owner: Session,
  id: string,
  column: "run_at" | "deadline_at",
): Promise<void> {
  await owner`
    update public.jobs set ${
    owner(column)
  } = clock_timestamp() - interval '1 second' where id = ${id}`;
}

/** A user's money: what the account says, what the entries sum up to, and how many there are by kind. */
export async function ledgerOf(
  session: Session,
  userId: string,
): Promise<{ balance: number; sum: number; charges: number; refunds: number }> {
  const [row] = await session<
    { balance: number; sum: number; charges: number; refunds: number }[]
  >`select
      (select a.balance from public.credit_accounts as a where a.user_id = ${userId}) as balance,
      coalesce(sum(e.amount), 0)::int as sum,
      (count(*) filter (where e.kind = 'charge'))::int as charges,
      (count(*) filter (where e.kind = 'refund'))::int as refunds
    from public.credit_entries as e where e.user_id = ${userId}`;
  assert.ok(row);
  return row;
}

/** How many rows a click of a user could have left. */
export async function tracesOf(
  session: Session,
  userId: string,
): Promise<{ keys: number; jobs: number; assets: number; entries: number }> {
  const [row] = await session<{ keys: number; jobs: number; assets: number; entries: number }[]>`
    select
      (select count(*) from public.idempotency_keys where user_id = ${userId})::int as keys,
      (select count(*) from public.jobs where user_id = ${userId})::int as jobs,
      (select count(*) from public.video_clips where user_id = ${userId})::int
        + (select count(*) from public.image_assets where user_id = ${userId})::int
        + (select count(*) from public.audio_clips where user_id = ${userId})::int
        + (select count(*) from public.films where user_id = ${userId})::int as assets,
      (select count(*) from public.credit_entries where user_id = ${userId} and reason <> 'welcome'
        and reason <> 'test')::int as entries`;
  assert.ok(row);
  return { ...row };
}

/** Fails unless Postgres refuses with this SQLSTATE; gives the error's detail, parsed when it is JSON. */
export async function refused(
  work: PromiseLike<unknown>,
  sqlstate: string,
  message?: string,
): Promise<Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof postgres.PostgresError, String(error));
    assert.equal(error.code, sqlstate, error.message);
    if (message !== undefined) assert.equal(error.message, message);
    return message === undefined ? {} : JSON.parse(error.detail ?? "{}");
  }
  throw new assert.AssertionError({ message: `was not refused with ${sqlstate}` });
}

/** Waits until another session's statement that names `query` waits for a lock. Fails after 4 s. */
export async function untilWaiting(owner: postgres.ISql, query: string): Promise<void> {
  for (let look = 0; look < 200; look++) {
    const rows = await owner`
      select 1 from pg_stat_activity
      where wait_event_type = 'Lock' and query like ${`%${query}%`} and pid <> pg_backend_pid()`;
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${query} never waited`);
}
