import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import {
  beginSubmit,
  cancel,
  claim,
  claimJob,
  recordSubmit,
  release,
  releaseFor,
  startJob,
  wake,
} from "../engine.ts";
import { clipItem } from "../items.ts";
import { readJob } from "../looks.ts";

const TOKEN = "a".repeat(64);

/** A clip whose submit was sent, with what a callback about it must carry. */
async function sentClip({ service, user, project, model }: Studio, provider: string) {
  const userId = await user();
  const item = clipItem(await project(userId), await model({ provider }));
  const id = await startJob(service, userId, item);
  const job = await claimJob(service, id);
  const { attempt_id: attemptId } = await beginSubmit(service, job, TOKEN);
  return { id, userId, job, attemptId };
}

Deno.test("promise 7: wake_by_callback() links the task of a submit whose answer was lost", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const provider = await studio.provider();
    const { id, job, attemptId } = await sentClip(studio, provider);
    await recordSubmit(service, attemptId, "unknown");
    await release(service, job, { delaySec: 3600 });
    assert.deepEqual(await claim(service, { jobId: id }), []);
    const woken = await wake(service, { attemptId, provider, taskId: "task-7", token: TOKEN });
    assert.deepEqual(woken, { job_id: id, awake: true, job: null });
    const next = await claimJob(service, id);
    assert.equal(next.external_task_id, "task-7");
    assert.equal((await beginSubmit(service, next)).decision, "submitted");
    assert.equal((await readJob(owner, id)).external_task_id, "task-7");
  }));

Deno.test("promise 17: wake_by_callback() refuses a wrong attempt, token, provider or task, and nothing changes", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const provider = await studio.provider();
    const other = await studio.provider();
    const { id, job, attemptId } = await sentClip(studio, provider);
    await recordSubmit(service, attemptId, "submitted", { taskId: "task-1" });
    await release(service, job, { delaySec: 3600 });
    const before = await readJob(owner, id);
    const right = { attemptId, provider, taskId: "task-1", token: TOKEN };
    for (
      const wrong of [
        { attemptId: crypto.randomUUID() },
        { token: "b".repeat(64) },
        { provider: other },
        { taskId: "task-2" },
        { taskId: "" },
      ]
    ) {
      assert.equal(await wake(service, { ...right, ...wrong }), null, JSON.stringify(wrong));
    }
    assert.deepEqual(await readJob(owner, id), before);
    assert.deepEqual(await wake(service, right), { job_id: id, awake: true, job: null });
  }));

Deno.test("promise 17: wake_by_callback() refuses the id of a task that is another job's", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const provider = await studio.provider();
    const theirs = await sentClip(studio, provider);
    await recordSubmit(service, theirs.attemptId, "submitted", { taskId: "their-task" });
    const mine = await sentClip(studio, provider);
    const swapped = { attemptId: mine.attemptId, provider, taskId: "their-task", token: TOKEN };
    assert.equal(await wake(service, swapped), null);
    assert.equal((await readJob(owner, mine.id)).external_task_id, null);
    assert.equal((await readJob(owner, theirs.id)).external_task_id, "their-task");
  }));

Deno.test("promise 11: wake_by_callback() wakes nobody when the job has ended, and may come any number of times", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const provider = await studio.provider();
    const { id, job, userId, attemptId } = await sentClip(studio, provider);
    await recordSubmit(service, attemptId, "submitted", { taskId: "task-1" });
    await release(service, job, { delaySec: 3600 });
    const callback = { attemptId, provider, taskId: "task-1", token: TOKEN };
    for (let again = 0; again < 3; again++) {
      assert.equal((await wake(service, callback))?.awake, true);
    }
    await cancel(service, userId, id);
    const ended = await readJob(owner, id);
    assert.deepEqual(await wake(service, callback), { job_id: id, awake: false, job: null });
    assert.deepEqual(await readJob(owner, id), ended);
  }));

Deno.test("promise 11: wake_by_callback() hands a job to one of 8 sessions that come with the same callback, never to two", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const provider = await studio.provider();
    const { id, job, attemptId } = await sentClip(studio, provider);
    await recordSubmit(service, attemptId, "submitted", { taskId: "task-1" });
    const callback = { attemptId, provider, taskId: "task-1", token: TOKEN, claim: true };
    const early = await wake(service, callback);
    assert.deepEqual(early, { job_id: id, awake: true, job: null }, "its worker still holds it");
    assert.equal(await releaseFor(service, job, { delaySec: 3600 }), 0, "and is told");
    const all = await Promise.all(Array.from({ length: 8 }, () => wake(service, callback)));
    assert.ok(all.every((woken) => woken?.awake));
    const taken = all.flatMap((woken) => woken?.job ?? []);
    assert.deepEqual(taken.map(({ attempt, state }) => [attempt, state]), [[2, "running"]]);
    const { run_at } = await readJob(owner, id);
    assert.ok(run_at.getTime() > Date.now() + 10_000, "under a lease");
    assert.deepEqual(await claim(service, { jobId: id }), []);
    await owner`update public.jobs set run_at = now() where id = ${id}`;
    assert.equal((await wake(service, callback))?.job?.attempt, 3, "a dead worker's lease is over");
  }, { sessions: 8 }));
