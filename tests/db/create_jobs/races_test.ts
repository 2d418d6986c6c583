import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { withStudio } from "../database.ts";
import {
  beginSubmit,
  cancel,
  claimJob,
  createJobs,
  fail,
  recordSubmit,
  startJob,
} from "../engine.ts";
import { clipItem, scriptItem } from "../items.ts";
import { ledgerOf, readJob, refused, untilWaiting } from "../looks.ts";

Deno.test("create_jobs() asks for another try when the key it met is freed before it can be read", () =>
  withStudio(async ({ owner, service, user, model }) => {
    const userId = await user();
    const items = [scriptItem(await model({ kind: "script" }))];
    const click = { userId, items, answer: null, operation: "generate-script" };
    const key = "a-key-freed-at-the-wrong-moment";
    await createJobs(service, { ...click, key });
    const rollback = new Error("rollback");
    await owner.begin(async (transaction) => {
      // Runs between the insert that meets the key and the read that follows: what a failing script does.
      await transaction.unsafe(`
        create function pg_temp.free_key() returns trigger language plpgsql as $$
        begin
          delete from public.idempotency_keys where key = '${key}';
          return null;
        end $$;
        create trigger free_key after insert on public.idempotency_keys
          for each statement execute function pg_temp.free_key();`);
      await refused(createJobs(transaction, { ...click, key }), "PT409", "IDEMPOTENCY_IN_PROGRESS");
      throw rollback;
    }).catch((cause) => assert.equal(cause, rollback));
  }));

Deno.test("create_jobs() and settle_job() don't wait for each other when a job is retried at the moment it fails", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 3 }));
    const id = await startJob(service, userId, item);
    const job = await claimJob(service, id);
    const retry = { userId, items: [{ retry_of: id }], operation: "retry-job" };
    await owner.begin(async (settling) => {
      // Settling takes the job's row first, then the account's.
      await settling`select 1 from public.jobs where id = ${id} for update`;
      await refused(createJobs(service, retry), "PT409", "STATE_CONFLICT");
      assert.equal(await fail(settling, job), true);
    });
    await createJobs(service, retry);
    const { balance, charges, refunds } = await ledgerOf(owner, userId);
    assert.deepEqual([balance, charges, refunds], [497, 2, 1]);
  }));

Deno.test("promise 14: create_jobs() retries a failed job on the same asset, at the same price, once", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 3 }), { units: 2 });
    const id = await startJob(service, userId, item);
    const retry = { userId, items: [{ retry_of: id }], operation: "retry-job" };
    await refused(createJobs(service, retry), "PT409", "STATE_CONFLICT");
    await fail(service, await claimJob(service, id));
    await refused(createJobs(service, { ...retry, userId: await user() }), "PT404", "NOT_FOUND");
    const results = await Promise.allSettled([1, 2, 3].map(() => createJobs(service, retry)));
    const made = results.filter((result) => result.status === "fulfilled");
    assert.equal(made.length, 1);
    const [failed, again] = [
      await readJob(owner, id),
      await owner`select subject_id, payload, credits from public.jobs where retry_of = ${id}`,
    ];
    assert.equal(again[0]?.["subject_id"], failed.subject_id);
    assert.equal(again[0]?.["credits"], 6);
    assert.deepEqual(again[0]?.["payload"], item["payload"]);
    const [clip] = await owner`
      select status, error from public.video_clips where id = ${failed.subject_id}`;
    assert.deepEqual({ ...clip }, { status: "pending", error: null });
    assert.equal((await ledgerOf(owner, userId)).balance, 494);
  }, { sessions: 3 }));

Deno.test("create_jobs() and cancel_job() don't wait for each other when an ended job is cancelled while it is retried", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ price: 3 }));
    const id = await startJob(service, userId, item);
    await fail(service, await claimJob(service, id));
    let cancelling: ReturnType<typeof cancel> | undefined;
    await owner.begin(async (retrying) => {
      await retrying`select 1 from public.credit_accounts where user_id = ${userId} for update`;
      cancelling = cancel(service, userId, id);
      cancelling.catch(() => {});
      await untilWaiting(owner, "cancel_job");
      await createJobs(retrying, { userId, items: [{ retry_of: id }], operation: "retry-job" });
    });
    assert.equal((await cancelling)?.cancelled_count, 0);
    const { balance, charges, refunds } = await ledgerOf(owner, userId);
    assert.deepEqual([balance, charges, refunds], [497, 2, 1]);
  }));

Deno.test("create_jobs() and record_submit() don't wait for each other, and a late task is not the retry's", () =>
  withStudio(async ({ owner, service, user, project, model, provider }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model({ provider: await provider() }));
    const id = await startJob(service, userId, item);
    const job = await claimJob(service, id);
    const { attempt_id } = await beginSubmit(service, job);
    await cancel(service, userId, id);
    // Orphaned by the cancellation; a worker that died before it would have left this.
    await owner`update public.job_attempts set state = 'unknown' where id = ${attempt_id}`;
    let recording: ReturnType<typeof recordSubmit> | undefined;
    await owner.begin(async (retrying) => {
      await retrying`select 1 from public.video_clips where id = ${job.subject_id} for update`;
      recording = recordSubmit(service, attempt_id, "submitted", { taskId: "late" });
      recording.catch(() => {});
      await Promise.race([recording, delay(500)]);
      await createJobs(retrying, { userId, items: [{ retry_of: id }], operation: "retry-job" });
    });
    assert.equal(await recording, true);
    const [clip] = await owner`
      select external_task_id, status from public.video_clips where id = ${job.subject_id}`;
    assert.deepEqual({ ...clip }, { external_task_id: null, status: "pending" });
  }));
