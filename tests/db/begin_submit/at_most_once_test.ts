import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { beginSubmit, cancel, claimJob, expire, recordSubmit, startJob } from "../engine.ts";
import { clipItem } from "../items.ts";
import { backdate, readJob, refused } from "../looks.ts";

/** A claimed clip at a provider of its own. */
async function claimedClip({ service, user, project, provider, model }: Studio) {
  const name = await provider();
  const userId = await user();
  const item = clipItem(await project(userId), await model({ provider: name }));
  const id = await startJob(service, userId, item);
  return { id, userId, provider: name, job: await claimJob(service, id) };
}

async function attemptsOf({ owner }: Studio, jobId: string) {
  return await owner<{ state: string; external_task_id: string | null }[]>`
    select state, external_task_id from public.job_attempts where job_id = ${jobId}
    order by created_at`;
}

Deno.test("promise 6: begin_submit() never sends again when a worker died between sending and hearing", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { id, job } = await claimedClip(studio);
    assert.equal((await beginSubmit(service, job)).decision, "send");
    // The worker is gone; its lease runs out and another one takes over.
    await backdate(owner, id, "run_at");
    for (let worker = 0; worker < 3; worker++) {
      const next = await claimJob(service, id);
      assert.equal((await beginSubmit(service, next)).decision, "unknown");
      await backdate(owner, id, "run_at");
    }
    const attempts = await attemptsOf(studio, id);
    assert.deepEqual(attempts.map(({ state }) => state), ["unknown"]);
  }));

Deno.test("promise 6: begin_submit() names the task when a worker died after hearing", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { id, job } = await claimedClip(studio);
    const { attempt_id } = await beginSubmit(service, job);
    assert.equal(await recordSubmit(service, attempt_id, "submitted", { taskId: "task-1" }), true);
    await backdate(owner, id, "run_at");
    const next = await claimJob(service, id);
    assert.equal(next.external_task_id, "task-1");
    const decision = await beginSubmit(service, next);
    assert.deepEqual(decision, { decision: "submitted", external_task_id: "task-1" });
    const [clip] = await owner`
      select external_task_id, status from public.video_clips where id = ${next.subject_id}`;
    assert.deepEqual({ ...clip }, { external_task_id: "task-1", status: "rendering" });
  }));

Deno.test("begin_submit() sends again only after evidence that nothing was taken", () =>
  withStudio(async (studio) => {
    const { service, owner } = studio;
    for (
      const [state, next] of [["refused", "send"], ["never_sent", "send"], ["unknown", "unknown"]]
    ) {
      assert.ok(state && next);
      const { id, job } = await claimedClip(studio);
      const { attempt_id } = await beginSubmit(service, job);
      assert.equal(await recordSubmit(service, attempt_id, state), true);
      assert.equal(await recordSubmit(service, attempt_id, "refused"), state === "unknown");
      if (state === "unknown") continue;
      assert.equal((await readJob(owner, id)).holds_slot, false);
      assert.equal((await beginSubmit(service, job)).decision, next, state);
    }
  }));

Deno.test("record_submit() keeps what the provider said although the worker has lost the job", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { id, job } = await claimedClip(studio);
    const { attempt_id } = await beginSubmit(service, job);
    await backdate(owner, id, "run_at");
    const next = await claimJob(service, id);
    assert.equal((await beginSubmit(service, next)).decision, "unknown");
    assert.equal(await recordSubmit(service, attempt_id, "submitted", { taskId: "late" }), true);
    assert.equal((await readJob(owner, id)).external_task_id, "late");
    assert.equal((await beginSubmit(service, next)).decision, "submitted");
  }));

Deno.test("promise 6: a job can't have two submits that may have reached the provider, by constraint", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { id, job, provider } = await claimedClip(studio);
    await beginSubmit(service, job);
    for (const state of ["submitting", "submitted", "unknown", "orphaned"]) {
      await owner`update public.job_attempts set state = ${state}, external_task_id = 'task-1'
        where job_id = ${id}`;
      await refused(
        owner`insert into public.job_attempts (job_id, provider, callback_token_hash, request_hash)
          values (${id}, ${provider}, 'a', 'b')`,
        "23505",
      );
    }
  }));

Deno.test("promise 6: begin_submit() sends once when 12 sessions that share a lease ask at the same time", () =>
  withStudio(async (studio) => {
    const { id, job } = await claimedClip(studio);
    const decisions = await Promise.all(
      Array.from({ length: 12 }, () => beginSubmit(studio.service, job)),
    );
    assert.equal(decisions.filter(({ decision }) => decision === "send").length, 1);
    assert.equal((await attemptsOf(studio, id)).length, 1);
  }, { sessions: 12 }));

Deno.test("begin_submit() is refused for a job that was cancelled or has expired meanwhile", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const cancelled = await claimedClip(studio);
    await cancel(service, cancelled.userId, cancelled.id);
    assert.equal((await beginSubmit(service, cancelled.job)).decision, "lost");
    const expired = await claimedClip(studio);
    await backdate(owner, expired.id, "deadline_at");
    await expire(service);
    assert.equal((await beginSubmit(service, expired.job)).decision, "lost");
  }));

Deno.test("begin_submit() shuts a provider after five failures in a row, lets one through, and opens on success", () =>
  withStudio(async (studio) => {
    const { owner, service, user, project, model, provider } = studio;
    const name = await provider();
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: name }));
    const submit = async () => {
      const job = await claimJob(service, await startJob(service, userId, item));
      return await beginSubmit(service, job);
    };
    // Jobs are begun before the breaker opens: afterwards they would not even be claimed.
    const held = await claimJob(service, await startJob(service, userId, item));
    for (let failed = 0; failed < 5; failed++) {
      await recordSubmit(service, (await submit()).attempt_id, "never_sent");
    }
    const shut = await beginSubmit(service, held);
    assert.equal(shut.decision, "wait");
    assert.ok(shut.seconds > 25 && shut.seconds <= 30, `${shut.seconds} s`);
    await owner`update public.provider_limits set blocked_until = now() where provider = ${name}`;
    const probe = await submit();
    assert.equal(probe.decision, "send");
    assert.equal((await beginSubmit(service, held)).decision, "wait", "one finds out for all");
    await recordSubmit(service, probe.attempt_id, "submitted", { taskId: "task-1" });
    const [limits] = await owner`
      select failure_count from public.provider_limits where provider = ${name}`;
    assert.equal(limits?.["failure_count"], 0);
  }));
