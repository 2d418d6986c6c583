import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { beginSubmit, claimJob, expire, recordSubmit, release, startJob } from "../engine.ts";
import { clipItem } from "../items.ts";
import { backdate, ledgerOf, readJob } from "../looks.ts";

Deno.test("promise 9: expire_jobs() ends queued, running and waiting jobs that are late, and no other", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 3 }));
    const start = () => startJob(service, userId, item);
    const [queued, running, waiting, inTime] = [
      await start(),
      await start(),
      await start(),
      await start(),
    ];
    await claimJob(service, running);
    await release(service, await claimJob(service, waiting), { delaySec: 3600 });
    for (const id of [queued, running, waiting]) await backdate(owner, id, "deadline_at");
    await expire(service);
    await expire(service);
    for (const id of [queued, running, waiting]) {
      const { state, error } = await readJob(owner, id);
      assert.deepEqual([state, error?.code], ["failed", "DEADLINE_EXCEEDED"]);
    }
    assert.equal((await readJob(owner, inTime)).state, "queued");
    assert.deepEqual(await ledgerOf(owner, userId), {
      balance: 497,
      sum: 497,
      charges: 4,
      refunds: 3,
    });
  }));

Deno.test("promise 7: expire_jobs() says SUBMIT_OUTCOME_UNKNOWN and marks the orphan when nobody knows what was taken", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 3 }));
    for (
      const [recorded, code, attempt] of [
        [null, "SUBMIT_OUTCOME_UNKNOWN", "orphaned"],
        ["unknown", "SUBMIT_OUTCOME_UNKNOWN", "orphaned"],
        ["submitted", "DEADLINE_EXCEEDED", "submitted"],
        ["refused", "DEADLINE_EXCEEDED", "refused"],
      ] as const
    ) {
      const job = await claimJob(service, await startJob(service, userId, item));
      const { attempt_id } = await beginSubmit(service, job);
      if (recorded !== null) await recordSubmit(service, attempt_id, recorded, { taskId: job.id });
      await backdate(owner, job.id, "deadline_at");
      await expire(service);
      assert.equal((await readJob(owner, job.id)).error?.code, code);
      const [row] = await owner`select state from public.job_attempts where id = ${attempt_id}`;
      assert.equal(row?.["state"], attempt);
    }
    assert.equal((await ledgerOf(owner, userId)).balance, 500);
  }));

Deno.test("expire_jobs() ends each job once, and no session waits in a circle, when 6 sweep 60 jobs of 6 users", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const modelId = await model({ price: 3 });
    const users = await Promise.all(Array.from({ length: 6 }, () => user()));
    const ids: string[] = [];
    const items = await Promise.all(
      users.map(async (userId) => clipItem(await project(userId), modelId)),
    );
    for (let round = 0; round < 10; round++) {
      for (const [at, userId] of users.entries()) {
        const item = items[at];
        assert.ok(item);
        ids.push(await startJob(service, userId, item));
      }
    }
    // Deadlines in an order of their own, so that sweeps that share the jobs meet users in any order.
    await owner`
      update public.jobs set deadline_at = now() - make_interval(secs => random() * 100)
      where id = any (${ids})`;
    let ended = 0;
    const sweep = async () => {
      while (ended < ids.length) {
        const count = await expire(service, 7);
        ended += count;
        const [row] = await owner`
          select count(*)::int as open from public.jobs where id = any (${ids}) and finished_at is null`;
        if (row?.["open"] === 0) return;
      }
    };
    await Promise.all(Array.from({ length: 6 }, sweep));
    assert.equal(ended, ids.length);
    for (const userId of users) {
      const { balance, sum, refunds } = await ledgerOf(owner, userId);
      assert.deepEqual([balance, sum, refunds], [500, 500, 10]);
    }
  }, { sessions: 6 }));

Deno.test("promise 9: expire_jobs() ends all others when some can't be ended, and those once they can", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model());
    const ids: string[] = [];
    for (let made = 0; made < 6; made++) ids.push(await startJob(service, userId, item));
    for (const id of ids) await backdate(owner, id, "deadline_at");
    const stuck = ids.slice(0, 3);
    // The latest are tried first, and are as many as a sweep takes.
    await owner`
      update public.jobs set deadline_at = deadline_at - interval '1 hour' where id = any (${stuck})`;
    await owner`
      create function private.test_refuse() returns trigger language plpgsql as
      $$ begin raise exception 'this row is broken'; end $$`;
    await owner.unsafe(`
      create trigger test_refuse before update on public.jobs for each row
      when (new.id in (${stuck.map((id) => `'${id}'`).join(", ")}) and new.finished_at is not null)
      execute function private.test_refuse()`);
    try {
      assert.equal(await expire(service, 3), 3);
    } finally {
      await owner`drop function private.test_refuse cascade`;
    }
    const states = async () =>
      await Promise.all(ids.map(async (id) => (await readJob(owner, id)).state));
    const [q, f] = ["queued", "failed"];
    assert.deepEqual(await states(), [q, q, q, f, f, f]);
    assert.equal((await ledgerOf(owner, userId)).refunds, 3, "nothing is left of what was tried");
    assert.equal(await expire(service, 3), 3);
    assert.deepEqual(await states(), [f, f, f, f, f, f]);
    assert.equal((await ledgerOf(owner, userId)).refunds, 6);
  }));
