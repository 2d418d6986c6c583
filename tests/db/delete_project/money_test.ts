import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { deleteProject, fullProject } from "../deletion.ts";
import {
  beginSubmit,
  cancel,
  claimJob,
  createJobs,
  recordSubmit,
  startJob,
  succeed,
  wake,
} from "../engine.ts";
import { clipItem } from "../items.ts";
import { ledgerOf, readJob, refused } from "../looks.ts";

Deno.test("delete_project() refunds what was not delivered and nothing else, also when it is called again", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId, jobIds } = await fullProject(studio, service, userId);
    const [done = "", ...open] = jobIds;
    assert.equal(await succeed(service, await claimJob(service, done)), true);
    const first = await deleteProject(service, userId, projectId);
    assert.equal(first.cancelled_count, 3);
    assert.equal(first.balance, 499);
    const again = await deleteProject(service, userId, projectId);
    assert.deepEqual(again, { ...first, cancelled_count: 0 });
    const grace = Date.parse(first.restorable_until) - Date.parse(first.project.deleted_at);
    assert.equal(grace, 7 * 24 * 3600 * 1000);
    assert.deepEqual(await ledgerOf(owner, userId), {
      balance: 499,
      sum: 499,
      charges: 4,
      refunds: 3,
    });
    for (const id of open) {
      const job = await readJob(owner, id);
      assert.equal(job.state, "cancelled");
      assert.equal(job.error?.code, "CANCELLED");
    }
  }));

Deno.test("delete_project() names what providers may be told to stop, and what may be theirs unheard of is orphaned", () =>
  withStudio(async (studio) => {
    const { owner, service, user, project, model } = studio;
    const userId = await user();
    const projectId = await project(userId);
    const items = [clipItem(projectId, await model())];
    const told = await claimJob(service, await startJob(service, userId, items[0] ?? {}));
    const sent = await beginSubmit(service, told);
    await recordSubmit(service, sent.attempt_id, "submitted", { taskId: `task-${told.id}` });
    const unheard = await claimJob(service, await startJob(service, userId, items[0] ?? {}));
    const { attempt_id } = await beginSubmit(service, unheard);
    const { tasks, cancelled_count } = await deleteProject(service, userId, projectId);
    assert.equal(cancelled_count, 2);
    assert.deepEqual(tasks, [{
      provider: told.provider,
      external_task_id: `task-${told.id}`,
      endpoint: "test/model",
    }]);
    const [attempt] = await owner`select state from public.job_attempts where id = ${attempt_id}`;
    assert.equal(attempt?.["state"], "orphaned");
    // What comes later is answered, and changes nothing.
    assert.equal(await succeed(service, told), false);
    const late = { attemptId: sent.attempt_id, provider: told.provider ?? "" };
    assert.deepEqual(await wake(service, { ...late, taskId: `task-${told.id}` }), {
      job_id: told.id,
      awake: false,
      job: null,
    });
    assert.equal(await recordSubmit(service, attempt_id, "submitted", { taskId: "late" }), false);
    assert.equal((await ledgerOf(owner, userId)).balance, 500);
  }));

Deno.test("delete_project() stops a whole tree, children first, and leaves the user's other projects alone", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId, jobIds } = await fullProject(studio, service, userId);
    const other = await fullProject(studio, service, userId);
    const [parent = "", child = "", grandchild = ""] = jobIds;
    await owner`update public.jobs set state = 'waiting', open_children_count = 1 where id = ${parent}`;
    await owner`update public.jobs set state = 'waiting', open_children_count = 1, parent_id = ${parent}
      where id = ${child}`;
    await owner`update public.jobs set parent_id = ${child} where id = ${grandchild}`;
    assert.equal((await deleteProject(service, userId, projectId)).cancelled_count, 4);
    for (const id of [parent, child]) {
      assert.equal((await readJob(owner, id)).open_children_count, 0);
    }
    for (const id of other.jobIds) assert.equal((await readJob(owner, id)).state, "queued");
  }));

Deno.test("delete_project() knows no project of another user's", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const [userId, strangerId] = [await user(), await user()];
    const { projectId } = await fullProject(studio, service, userId);
    await refused(deleteProject(service, strangerId, projectId), "PT404", "NOT_FOUND");
    const [row] = await owner`select deleted_at from public.projects where id = ${projectId}`;
    assert.equal(row?.["deleted_at"], null);
  }));

Deno.test("delete_project() races with clicks, workers and cancellations: every charge is settled, nothing is left open", () =>
  withStudio(async (studio) => {
    const { owner, service, user, project, model } = studio;
    const modelId = await model();
    for (let round = 0; round < 12; round++) {
      const userId = await user();
      const projectId = await project(userId);
      const item = clipItem(projectId, modelId);
      const held = await Promise.all(
        [1, 2, 3].map(async () => claimJob(service, await startJob(service, userId, item))),
      );
      const clicks = Array.from(
        { length: 6 },
        () =>
          createJobs(service, { userId, items: [item, item] }).then(
            () => "started",
            (error: { message: string; code: string }) =>
              error.code === "55P03" ? "busy" : error.message,
          ),
      );
      const outcomes = await Promise.all([
        Promise.all(clicks),
        deleteProject(service, userId, projectId),
        deleteProject(service, userId, projectId),
        ...held.map((job) => succeed(service, job)),
        cancel(service, userId, held[0]?.id ?? ""),
      ]);
      for (const outcome of outcomes[0]) assert.match(outcome, /^(started|busy|NOT_FOUND)$/);
      const [left] = await owner`
        select (count(*) filter (where finished_at is null))::int as open,
          (count(*) filter (where state = 'succeeded'))::int as delivered,
          count(*)::int as all
        from public.jobs where user_id = ${userId}`;
      const money = await ledgerOf(owner, userId);
      assert.equal(left?.["open"], 0, "no job is left unfinished");
      assert.equal(money.charges, left?.["all"]);
      assert.equal(money.refunds, money.charges - (left?.["delivered"] ?? 0));
      assert.equal(money.balance, 500 - (left?.["delivered"] ?? 0));
      assert.equal(money.sum, money.balance);
    }
  }, { sessions: 8 }));
