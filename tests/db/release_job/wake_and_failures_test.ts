import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import {
  beginSubmit,
  claim,
  claimJob,
  failure,
  recordSubmit,
  release,
  startJob,
  wake,
} from "../engine.ts";
import { clipItem } from "../items.ts";
import { ledgerOf, readJob } from "../looks.ts";

Deno.test("promise 11: release_job() does not sleep through a callback that came while the job was looked at", () =>
  withStudio(async ({ owner, service, user, project, provider, model }) => {
    const name = await provider();
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: name }));
    const id = await startJob(service, userId, item);
    const submitting = await claimJob(service, id);
    const { attempt_id: attemptId } = await beginSubmit(service, submitting);
    await recordSubmit(service, attemptId, "submitted", { taskId: "task-1" });
    await release(service, submitting, { delaySec: 0 });
    const looking = await claimJob(service, id);
    const woken = await wake(service, { attemptId, provider: name, taskId: "task-1" });
    assert.deepEqual(woken, { job_id: id, awake: true, job: null });
    const during = await readJob(owner, id);
    assert.ok(during.run_at.getTime() > Date.now() + 10_000, "the lease is not touched");
    await release(service, looking, { delaySec: 3600 });
    assert.equal((await claim(service, { jobId: id })).length, 1, "due at once");
    const [again] = await owner`select attempt from public.jobs where id = ${id}`;
    await release(service, { id, attempt: again?.["attempt"] }, { delaySec: 3600 });
    assert.deepEqual(await claim(service, { jobId: id }), [], "but once only");
  }));

Deno.test("promise 9: release_job() ends a job with its last failure when they are used up, and refunds it", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 9 }));
    const id = await startJob(service, userId, item);
    const [row] = await owner`select max_failures from public.jobs where id = ${id}`;
    for (let failed = 1; failed <= row?.["max_failures"]; failed++) {
      assert.equal((await readJob(owner, id)).state, "queued");
      const to = { state: "queued", delaySec: 0, failure: failure("PROVIDER_UNAVAILABLE") };
      assert.equal(await release(service, await claimJob(service, id), to), true);
    }
    const ended = await readJob(owner, id);
    assert.deepEqual([ended.state, ended.error?.code], ["failed", "PROVIDER_UNAVAILABLE"]);
    const [clip] = await owner`
      select status, error from public.video_clips where id = ${ended.subject_id}`;
    assert.deepEqual({ ...clip }, { status: "failed", error: failure("PROVIDER_UNAVAILABLE") });
    assert.deepEqual(await ledgerOf(owner, userId), {
      balance: 500,
      sum: 500,
      charges: 1,
      refunds: 1,
    });
  }));

Deno.test("release_job() counts no failure for waiting, and wakes by the deadline at the latest", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model(), { deadline_sec: 10 });
    const id = await startJob(service, userId, item);
    await release(service, await claimJob(service, id), { delaySec: 3600 });
    const waiting = await readJob(owner, id);
    assert.equal(waiting.failure_count, 0);
    assert.equal(waiting.run_at.getTime(), waiting.deadline_at.getTime());
  }));
