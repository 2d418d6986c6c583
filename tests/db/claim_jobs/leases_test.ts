import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import {
  beginSubmit,
  claim,
  claimJob,
  fail,
  release,
  renew,
  startJob,
  succeed,
} from "../engine.ts";
import { clipItem } from "../items.ts";
import { backdate, ledgerOf, readJob } from "../looks.ts";

Deno.test("promise 8: claim_jobs() gives no job to two of 16 sessions when 60 are due", () =>
  withStudio(async ({ service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model());
    const ids = new Set<string>();
    for (let made = 0; made < 60; made++) ids.add(await startJob(service, userId, item));
    const claimed: string[] = [];
    const work = async () => {
      while (true) {
        const jobs = await claim(service, { limit: 3 });
        if (jobs.length === 0) return;
        claimed.push(...jobs.map((job) => job.id));
      }
    };
    await Promise.all(Array.from({ length: 16 }, work));
    const mine = claimed.filter((id) => ids.has(id));
    assert.equal(mine.length, 60);
    assert.equal(new Set(mine).size, 60);
  }, { sessions: 16 }));

Deno.test("promise 8: claim_jobs() leaves a job alone while its lease holds, and gives it to the next when it ran out", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    const first = await claimJob(service, id);
    assert.deepEqual([first.state, first.attempt], ["running", 1]);
    const leaseSeconds = (first.run_at.getTime() - Date.now()) / 1000;
    assert.ok(leaseSeconds > 15 && leaseSeconds <= 25, `a lease of ${leaseSeconds} s`);
    assert.deepEqual(await claim(service, { jobId: id }), []);
    await backdate(owner, id, "run_at");
    const second = await claimJob(service, id);
    assert.deepEqual([second.state, second.attempt], ["running", 2]);
  }));

Deno.test("promise 8: every write of a worker that lost its lease changes nothing", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    const stale = await claimJob(service, id);
    await backdate(owner, id, "run_at");
    const holder = await claimJob(service, id);
    const before = await readJob(owner, id);
    const writes = [
      renew(service, stale, 0.5),
      release(service, stale),
      release(service, stale, { failure: { code: "PROVIDER_FAILED", message: "It failed" } }),
      succeed(service, stale),
      fail(service, stale),
    ];
    assert.deepEqual(await Promise.all(writes), [false, false, false, false, false]);
    assert.equal((await beginSubmit(service, stale)).decision, "lost");
    assert.deepEqual(await readJob(owner, id), before);
    assert.equal((await ledgerOf(owner, userId)).refunds, 0);
    assert.equal(await succeed(service, holder), true);
  }));

Deno.test("claim_jobs() takes only the kinds and states asked for, and nothing before its time", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model());
    const id = await startJob(service, userId, item);
    const isMine = (jobs: { id: string }[]) => jobs.some((job) => job.id === id);
    assert.ok(!isMine(await claim(service, { limit: 100, kinds: ["audio"] })));
    assert.ok(!isMine(await claim(service, { limit: 100, states: ["waiting"] })));
    const job = await claimJob(service, id);
    await release(service, job, { state: "waiting", delaySec: 60 });
    assert.ok(!isMine(await claim(service, { limit: 100 })), "it waits");
    assert.deepEqual(await claim(service, { jobId: id }), []);
    await backdate(owner, id, "run_at");
    assert.ok(isMine(await claim(service, { limit: 100, states: ["waiting"] })));
  }));

Deno.test("claim_jobs() begins a named job before its time when nobody has, and not one that backs off", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    await owner`update public.jobs set run_at = now() + interval '5 seconds' where id = ${id}`;
    const job = await claimJob(service, id);
    await release(service, job, {
      state: "queued",
      delaySec: 30,
      failure: { code: "PROVIDER_UNAVAILABLE", message: "It is down" },
    });
    assert.deepEqual(await claim(service, { jobId: id }), []);
  }));

Deno.test("renew_lease() keeps a job and never lets its progress fall", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    const job = await claimJob(service, id);
    await owner`update public.jobs set run_at = now() + interval '1 second' where id = ${id}`;
    assert.equal(await renew(service, job, 0.5), true);
    assert.equal(await renew(service, job, 0.25), true);
    const kept = await readJob(owner, id);
    assert.equal(kept.progress, 0.5);
    assert.ok(kept.run_at.getTime() > Date.now() + 15_000);
  }));
