import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import {
  beginSubmit,
  claim,
  claimJob,
  createJobs,
  type Decision,
  type JobRow,
  recordSubmit,
  release,
  startJob,
  succeed,
} from "../engine.ts";
import { clipItem } from "../items.ts";

Deno.test("promise 12: no more tasks than a provider's slots are out when 8 sessions claim and submit", () =>
  withStudio(async ({ owner, service, user, project, provider, model }) => {
    const slots = 5;
    const name = await provider({ slots });
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: name }));
    await createJobs(service, { userId, items: Array.from({ length: 30 }, () => item) });
    const sent: JobRow[] = [];
    let finished = 0;
    const work = async () => {
      for (let idle = 0; finished < 30 && idle < 400;) {
        const [job] = await claim(service, { kinds: ["video"] });
        if (job === undefined) {
          idle += 1;
          const done = sent.shift();
          if (done !== undefined && await succeed(service, done)) finished += 1;
          continue;
        }
        const decision = await beginSubmit(service, job);
        const [row] = await owner`
          select count(*)::int as out from public.jobs where provider = ${name} and holds_slot`;
        assert.ok(row?.["out"] <= slots, `${row?.["out"]} of ${slots} slots are taken`);
        if (decision.decision === "send") {
          await recordSubmit(service, decision.attempt_id, "submitted", { taskId: job.id });
          sent.push(job);
        } else {
          assert.equal(decision.decision, "wait");
          await release(service, job, { state: "queued", delaySec: 0 });
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    assert.equal(finished, 30);
  }, { sessions: 8 }));

Deno.test("promise 12: no more creates than a provider's rate leave in its window when 8 sessions submit", () =>
  withStudio(async ({ owner, service, user, project, provider, model }) => {
    const name = await provider({ creates: 4, window_sec: 60 });
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: name }));
    await createJobs(service, { userId, items: Array.from({ length: 16 }, () => item) });
    // Sessions that claimed before any attempt was on record: the claim's own count can't hold them.
    const jobs = (await Promise.all(
      Array.from({ length: 8 }, () => claim(service, { limit: 4, kinds: ["video"] })),
    )).flat();
    assert.ok(jobs.length >= 4);
    const decisions = await Promise.all(jobs.map((job) => beginSubmit(service, job)));
    const sent = decisions.filter(({ decision }) => decision === "send");
    assert.equal(sent.length, 4);
    for (const [at, { decision, seconds }] of decisions.entries()) {
      if (decision === "send") continue;
      assert.ok(decision === "wait" && seconds > 50 && seconds <= 60);
      const job = jobs[at];
      assert.ok(job && await release(service, job, { state: "queued", delaySec: 0 }));
    }
    const [row] = await owner`
      select count(*)::int as attempts from public.job_attempts where provider = ${name}`;
    assert.equal(row?.["attempts"], 4);
    assert.deepEqual(await claim(service, { limit: 16 }), [], "what can't leave is not claimed");
    await owner`
      update public.job_attempts set created_at = created_at - interval '61 seconds'
      where provider = ${name}`;
    assert.equal((await claim(service, { limit: 16, kinds: ["video"] })).length, 4);
  }, { sessions: 8 }));

Deno.test("begin_submit() waits for as long as the provider said, and claim_jobs() skips it meanwhile", () =>
  withStudio(async ({ owner, service, user, project, provider, model }) => {
    const name = await provider();
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: name }));
    const first = await claimJob(service, await startJob(service, userId, item));
    const second = await claimJob(service, await startJob(service, userId, item));
    const { attempt_id } = await beginSubmit(service, first);
    assert.equal(await recordSubmit(service, attempt_id, "refused", { blockSec: 30 }), true);
    const held: Decision = await beginSubmit(service, second);
    assert.equal(held.decision, "wait");
    assert.ok(held.seconds > 25 && held.seconds <= 30);
    await release(service, second, { state: "queued", delaySec: 0 });
    assert.deepEqual(await claim(service, { jobId: second.id }), []);
    await owner`update public.provider_limits set blocked_until = now() where provider = ${name}`;
    assert.equal((await beginSubmit(service, await claimJob(service, second.id))).decision, "send");
  }));

Deno.test("claim_jobs() looks at submitted jobs however full or blocked their provider is", () =>
  withStudio(async ({ owner, service, user, project, provider, model }) => {
    const name = await provider({ slots: 1, creates: 1, window_sec: 600 });
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: name }));
    const job = await claimJob(service, await startJob(service, userId, item));
    const { attempt_id } = await beginSubmit(service, job);
    await recordSubmit(service, attempt_id, "submitted", { taskId: "task-1" });
    await release(service, job, { delaySec: 0 });
    await owner`
      update public.provider_limits set blocked_until = now() + interval '1 hour'
      where provider = ${name}`;
    assert.equal((await claim(service, { jobId: job.id })).length, 1);
  }));
