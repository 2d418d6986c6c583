import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { claim, createJobs, startJob, succeed } from "../engine.ts";
import { clipItem } from "../items.ts";

Deno.test("promise 12: claim_jobs() begins another tenant's one clip next when a tenant has queued 200", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const modelId = await model();
    const [crowd, single] = [await user(1000), await user()];
    const item = clipItem(await project(crowd), modelId);
    for (let made = 0; made < 200; made += 50) {
      await createJobs(service, { userId: crowd, items: Array.from({ length: 50 }, () => item) });
    }
    const owners: string[] = [];
    const take = async (limit: number) => {
      const jobs = await claim(service, { limit });
      owners.push(...jobs.map((job) => job.user_id));
      return jobs;
    };
    await take(6);
    assert.deepEqual(new Set(owners), new Set([crowd]), "alone, a tenant may use everything");
    const id = await startJob(service, single, clipItem(await project(single), modelId));
    const [next] = await take(1);
    assert.equal(next?.id, id, "who has least under way comes first");
    assert.ok(next && await succeed(service, next));
    const [left] = await owner`
      select count(*)::int as jobs from public.jobs where user_id = ${crowd} and state = 'queued'`;
    assert.equal(left?.["jobs"], 194);
  }));

Deno.test("promise 12: claim_jobs() serves tenants in turn, and each tenant's jobs by priority and age", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const modelId = await model();
    const users = [await user(), await user(), await user()];
    const ids: string[][] = [];
    for (const userId of users) {
      const item = clipItem(await project(userId), modelId);
      const mine: string[] = [];
      for (let made = 0; made < 4; made++) mine.push(await startJob(service, userId, item));
      ids.push(mine);
    }
    const urgent = ids[2]?.[3] ?? "";
    await owner`update public.jobs set priority = 50 where id = ${urgent}`;
    const order: string[] = [];
    for (let at = 0; at < 12; at++) {
      const [job] = await claim(service);
      assert.ok(job);
      order.push(job.id);
    }
    assert.equal(order[0], urgent, "a smaller priority goes before all");
    const turns = order.map((id) => ids.findIndex((mine) => mine.includes(id)));
    for (let round = 0; round < 3; round++) {
      const from = 1 + round * 3;
      const firstRound = new Set(turns.slice(from, from + (round === 0 ? 2 : 3)));
      assert.equal(firstRound.size, round === 0 ? 2 : 3, `turns ${turns.join(" ")}`);
    }
    for (const mine of ids.slice(0, 2)) {
      assert.deepEqual(order.filter((id) => mine.includes(id)), mine, "oldest first");
    }
  }));

Deno.test("promise 12: claim_jobs() serves next who was served longest ago when tenants have as much under way", () =>
  withStudio(async ({ service, user, project, model }) => {
    const modelId = await model();
    const [early, late] = [await user(), await user()];
    for (const userId of [early, late]) {
      const item = clipItem(await project(userId), modelId);
      await createJobs(service, { userId, items: Array.from({ length: 4 }, () => item) });
    }
    const owners: string[] = [];
    for (let at = 0; at < 8; at++) {
      const [job] = await claim(service);
      assert.ok(job && await succeed(service, job));
      owners.push(job.user_id);
    }
    assert.deepEqual(owners, [early, late, early, late, early, late, early, late]);
  }));
