import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { claimJob, createJobs, fail, startJob } from "../engine.ts";
import { clipItem } from "../items.ts";
import { ledgerOf, refused, tracesOf } from "../looks.ts";

Deno.test("promise 3: create_jobs() starts exactly k of 40 parallel clicks when there is credit for k", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const [price, affordable] = [7, 11];
    const userId = await user(price * affordable + price - 1);
    const items = [clipItem(await project(userId), await model({ price }))];
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, () => createJobs(service, { userId, items })),
    );
    const refusals = results.filter((result) => result.status === "rejected");
    assert.equal(results.length - refusals.length, affordable);
    for (const { reason } of refusals) {
      assert.deepEqual([reason.code, reason.message], ["PT402", "INSUFFICIENT_CREDITS"]);
    }
    const { balance, sum, charges } = await ledgerOf(owner, userId);
    assert.deepEqual([balance, sum, charges], [price - 1, price - 1, affordable]);
    assert.deepEqual(await tracesOf(owner, userId), {
      keys: affordable,
      jobs: affordable,
      assets: affordable,
      entries: affordable,
    });
  }, { sessions: 20 }));

Deno.test("promise 2: create_jobs() leaves nothing, not even the key, when credits are short", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user(7);
    const projectId = await project(userId);
    const item = clipItem(projectId, await model({ price: 5 }));
    const click = { userId, items: [item, item], key: "credits-are-short" };
    const detail = await refused(createJobs(service, click), "PT402", "INSUFFICIENT_CREDITS");
    assert.deepEqual(detail, { price: 10, balance: 7 }, "the whole price, the whole balance");
    assert.deepEqual(await tracesOf(owner, userId), { keys: 0, jobs: 0, assets: 0, entries: 0 });
    const [untouched] = await owner`select status from public.projects where id = ${projectId}`;
    assert.equal(untouched?.["status"], "draft");
    await service`select public.grant_credits(${userId}, 3, 'test')`;
    assert.equal((await createJobs(service, click)).replayed, false, "the same click works now");
    assert.equal((await ledgerOf(owner, userId)).balance, 0);
  }));

Deno.test("create_jobs() keeps a project within its budget when 20 clicks race, and counts refunds", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const projectId = await project(userId, { budget_credits: 12 });
    const item = clipItem(projectId, await model({ price: 4 }));
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => createJobs(service, { userId, items: [item] })),
    );
    assert.equal(results.filter((result) => result.status === "fulfilled").length, 3);
    const detail = await refused(
      createJobs(service, { userId, items: [item] }),
      "PT402",
      "BUDGET_EXCEEDED",
    );
    assert.deepEqual(detail, { budget_credits: 12, would_cost: 16 });
    const [job] = await owner`select id from public.jobs where user_id = ${userId} limit 1`;
    await fail(service, await claimJob(service, job?.["id"]));
    await startJob(service, userId, item);
    assert.equal((await ledgerOf(owner, userId)).balance, 500 - 12);
  }, { sessions: 10 }));

Deno.test("create_jobs() charges nothing, and writes no entry, for what is free", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user(0);
    const item = clipItem(await project(userId), await model({ price: 0 }));
    const { status } = await createJobs(service, { userId, items: [item] });
    assert.equal(status, 202);
    assert.equal((await ledgerOf(owner, userId)).charges, 0);
  }));
