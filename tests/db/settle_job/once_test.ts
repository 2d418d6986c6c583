import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { beginSubmit, cancel, claimJob, expire, fail, startJob, succeed } from "../engine.ts";
import { clipItem } from "../items.ts";
import { backdate, ledgerOf, readJob, refused } from "../looks.ts";

Deno.test("promise 4: a job is refunded once when 20 sessions fail, expire and cancel it at the same time", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 9 }));
    for (let round = 0; round < 10; round++) {
      const id = await startJob(service, userId, item);
      const job = await claimJob(service, id);
      await beginSubmit(service, job);
      await backdate(owner, id, "deadline_at");
      const ends = await Promise.all(
        Array.from({ length: 20 }, async (_, at) => {
          if (at % 3 === 0) return await fail(service, job) ? 1 : 0;
          if (at % 3 === 2) return (await cancel(service, userId, id)).cancelled_count;
          await expire(service);
          return 0;
        }),
      );
      assert.ok(ends.reduce((sum, count) => sum + count, 0) <= 1, "one of them ended it");
      const ended = await readJob(owner, id);
      assert.ok(["failed", "cancelled"].includes(ended.state));
      assert.equal(ended.holds_slot, false);
      const [clip] = await owner`
        select status, error from public.video_clips where id = ${ended.subject_id}`;
      assert.deepEqual(
        { ...clip },
        { status: "failed", error: ended.error },
        "one reason for both",
      );
      assert.deepEqual(await ledgerOf(owner, userId), {
        balance: 500,
        sum: 500,
        charges: round + 1,
        refunds: round + 1,
      });
    }
  }, { sessions: 20 }));

Deno.test("promise 4: a delivered job stays delivered and paid when cancelled, failed or expired afterwards", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 9 }));
    const job = await claimJob(service, await startJob(service, userId, item));
    assert.equal(await succeed(service, job), true);
    await backdate(owner, job.id, "deadline_at");
    const before = await readJob(owner, job.id);
    assert.equal(await fail(service, job), false);
    assert.equal(await succeed(service, job), false);
    await expire(service);
    const cancelled = await cancel(service, userId, job.id);
    assert.deepEqual([cancelled.cancelled_count, cancelled.balance], [0, 491]);
    assert.deepEqual(await readJob(owner, job.id), before);
    assert.equal((await ledgerOf(owner, userId)).refunds, 0);
  }));

Deno.test("promise 4: a job has one charge and one refund at most, by constraint", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    await fail(service, await claimJob(service, id));
    for (const [kind, amount] of [["charge", -1], ["refund", 1]] as const) {
      await refused(
        owner`insert into public.credit_entries (user_id, amount, kind, reason, job_id)
          values (${userId}, ${amount}, ${kind}, 'again', ${id})`,
        "23505",
      );
      const [row] = await owner`
        select private.post_entry(${userId}, ${amount}, ${kind}, 'again', ${id}) as posted`;
      assert.equal(row?.["posted"], false);
    }
    assert.equal((await ledgerOf(owner, userId)).balance, 500);
  }));

Deno.test("promise 15: cancel_job() finds no job of another tenant", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    const before = await readJob(owner, id);
    for (const [who, what] of [[await user(), id], [userId, crypto.randomUUID()]] as const) {
      const detail = await refused(cancel(service, who, what), "PT404", "NOT_FOUND");
      assert.deepEqual(detail, { job_id: what });
    }
    assert.deepEqual(await readJob(owner, id), before);
  }));

Deno.test("promise 14: cancel_job() ends a tree, children first, and leaves what was delivered", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 2 }));
    const ids: string[] = [];
    for (let made = 0; made < 14; made++) ids.push(await startJob(service, userId, item));
    const [root, ...children] = ids;
    await owner`update public.jobs set parent_id = ${root ?? ""} where id = any (${children})`;
    await owner`update public.jobs set open_children_count = 13 where id = ${root ?? ""}`;
    await succeed(service, await claimJob(service, children[0] ?? ""));
    const result = await cancel(service, userId, root ?? "");
    assert.equal(result.cancelled_count, 13);
    const states = await owner<{ id: string; state: string; open_children_count: number }[]>`
      select id, state, open_children_count from public.jobs where id = any (${ids})`;
    for (const { id, state, open_children_count } of states) {
      assert.equal(state, id === children[0] ? "succeeded" : "cancelled");
      assert.equal(open_children_count, 0);
    }
    const ledger = await ledgerOf(owner, userId);
    assert.deepEqual(ledger, { balance: 498, sum: 498, charges: 14, refunds: 13 });
  }));
