import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { fullProject, purgeOf } from "../deletion.ts";
import { createJobs, type Session } from "../engine.ts";
import { clipItem, scriptItem } from "../items.ts";
import { refused } from "../looks.ts";

/** Calls `delete_account`. */
async function deleteAccount(session: Session, userId: string) {
  const [row] = await session`select public.delete_account(${userId}) as result`;
  return row?.["result"];
}

/** What is left of a user: rows by table, and the ledger's sum. */
async function remains({ owner }: Studio, userId: string) {
  const tables = await owner<{ name: string }[]>`
    select c.relname as name from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'user_id'`;
  const left: string[] = [];
  for (const { name } of tables) {
    const rows = await owner`select 1 from ${owner(`public.${name}`)} where user_id = ${userId}`;
    if (rows.length > 0) left.push(name);
  }
  const [money] = await owner<{ sum: number; charges: number; refunds: number }[]>`
    select sum(amount)::int as sum, (count(*) filter (where kind = 'charge'))::int as charges,
      (count(*) filter (where kind = 'refund'))::int as refunds
    from public.credit_entries where user_id = ${userId}`;
  assert.ok(money);
  return { left: left.sort(), ...money };
}

/** A user with two projects and a script under way: nine charges. */
async function busyUser(studio: Studio) {
  const { service, user, model } = studio;
  const userId = await user();
  const projects = [
    await fullProject(studio, service, userId),
    await fullProject(studio, service, userId),
  ];
  const script = scriptItem(await model({ kind: "script" }));
  await createJobs(service, { userId, items: [script], answer: null });
  return { userId, projectIds: projects.map(({ projectId }) => projectId) };
}

const SETTLED = { left: ["credit_entries"], sum: 500, charges: 9, refunds: 9 };

Deno.test("delete_account() refunds everything unfinished, leaves the ledger alone, and notes every folder", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, projectIds } = await busyUser(studio);
    assert.deepEqual(await deleteAccount(service, userId), {
      project_count: 2,
      cancelled_count: 9,
      tasks: [],
    });
    assert.deepEqual(await remains(studio, userId), SETTLED);
    for (const id of projectIds) assert.ok(await purgeOf(owner, id));
    const twice = await refused(deleteAccount(service, userId), "PT401", "UNAUTHENTICATED");
    assert.deepEqual(twice, { account: "none" });
  }));

Deno.test("a user that Auth deletes leaves the same: no open charge, no row, no forgotten folder", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const { userId, projectIds } = await busyUser(studio);
    await owner`delete from auth.users where id = ${userId}`;
    assert.deepEqual(await remains(studio, userId), SETTLED);
    for (const id of projectIds) assert.ok(await purgeOf(owner, id));
  }));

Deno.test("delete_account() races with clicks: what was started is refunded, the rest is refused", () =>
  withStudio(async (studio) => {
    const { service, user, project, model } = studio;
    const modelId = await model();
    for (let round = 0; round < 10; round++) {
      const userId = await user();
      const item = clipItem(await project(userId), modelId);
      const clicks = Array.from(
        { length: 6 },
        () =>
          createJobs(service, { userId, items: [item] }).then(
            () => "started",
            (error: { message: string; code: string }) =>
              // A click that had looked before the account went: its key has no user any more.
              error.code === "23503" ? "no user" : error.code === "55P03" ? "busy" : error.message,
          ),
      );
      const [deleted, ...outcomes] = await Promise.all([deleteAccount(service, userId), ...clicks]);
      for (const outcome of outcomes) {
        assert.match(outcome, /^(started|busy|no user|UNAUTHENTICATED|NOT_FOUND)$/);
      }
      const started = outcomes.filter((outcome) => outcome === "started").length;
      assert.deepEqual(await remains(studio, userId), {
        left: ["credit_entries"],
        sum: 500,
        charges: started,
        refunds: started,
      });
      assert.equal(deleted.cancelled_count, started);
    }
  }, { sessions: 8 }));
