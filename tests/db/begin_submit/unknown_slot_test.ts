import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import {
  beginSubmit,
  claim,
  claimJob,
  expire,
  recordSubmit,
  release,
  startJob,
  wake,
} from "../engine.ts";
import { clipItem } from "../items.ts";
import { backdate, readJob } from "../looks.ts";

Deno.test("begin_submit() gives the slot of a submit nobody heard of back after three typical times, and sends nothing again", () =>
  withStudio(async ({ owner, service, user, project, provider, model }) => {
    const name = await provider({ slots: 1 });
    const modelId = await model({ provider: name });
    await owner`update public.models set typical_sec = 200 where id = ${modelId}`;
    const userId = await user();
    const item = clipItem(await project(userId), modelId);
    const lost = await startJob(service, userId, item);
    const first = await claimJob(service, lost);
    const { attempt_id: attemptId } = await beginSubmit(service, first);
    await recordSubmit(service, attemptId, "unknown");
    const early = await beginSubmit(service, first);
    assert.equal(early.decision, "unknown");
    assert.ok(early.seconds > 590 && early.seconds <= 600, `${early.seconds} s`);
    await release(service, first, { delaySec: early.seconds });
    const other = await startJob(service, userId, item);
    assert.deepEqual(await claim(service, { jobId: other }), [], "the slot is taken");

    await owner`
      update public.job_attempts set created_at = created_at - interval '601 seconds'
      where id = ${attemptId}`;
    await backdate(owner, lost, "run_at");
    const second = await claimJob(service, lost);
    const late = await beginSubmit(service, second);
    assert.equal(late.decision, "unknown", "never sent again");
    assert.ok(late.seconds > 3_000, "until its deadline");
    await release(service, second, { delaySec: late.seconds });
    assert.equal((await readJob(owner, lost)).holds_slot, false);
    assert.equal((await beginSubmit(service, await claimJob(service, other))).decision, "send");

    const callback = { attemptId, provider: name, taskId: "task-1" };
    assert.equal((await wake(service, callback))?.awake, true, "a late webhook still links it");
    const linked = await readJob(owner, lost);
    assert.deepEqual([linked.external_task_id, linked.holds_slot], ["task-1", true]);
  }));

Deno.test("promise 7: a submit nobody heard of whose slot was given back still ends as unknown, and is marked", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    const job = await claimJob(service, id);
    const { attempt_id: attemptId, seconds } = await beginSubmit(service, job);
    assert.equal(seconds, undefined);
    await owner`
      update public.job_attempts set created_at = created_at - interval '301 seconds'
      where id = ${attemptId}`;
    assert.equal((await beginSubmit(service, job)).decision, "unknown");
    assert.equal(
      (await readJob(owner, id)).holds_slot,
      false,
      "five minutes at least, and no more",
    );
    await backdate(owner, id, "deadline_at");
    assert.equal(await expire(service), 1);
    assert.equal((await readJob(owner, id)).error?.code, "SUBMIT_OUTCOME_UNKNOWN");
    const [attempt] = await owner`select state from public.job_attempts where id = ${attemptId}`;
    assert.equal(attempt?.["state"], "orphaned");
  }));
