import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { deleteProject, fullProject, outlive, purgeOf, restoreProject } from "../deletion.ts";
import { claimJob, createJobs, startJob, succeed } from "../engine.ts";
import { clipItem, imageItem } from "../items.ts";
import { ledgerOf, refused } from "../looks.ts";

/** Deletes what is past its grace. Other tests' projects may be among it. */
async function tick({ service }: Studio): Promise<void> {
  await service`select public.delete_expired_projects()`;
}

Deno.test("restore_project() brings back within a week; cancelled jobs can be retried", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId, jobIds } = await fullProject(studio, service, userId);
    await deleteProject(service, userId, projectId);
    await owner`
      update public.projects set deleted_at = now() - private.delete_grace() + interval '1 minute'
      where id = ${projectId}`;
    await tick(studio);
    const { project } = await restoreProject(service, userId, projectId);
    assert.equal(project.deleted_at, null);
    assert.deepEqual(await restoreProject(service, userId, projectId), { project });
    const retry = await createJobs(service, { userId, items: [{ retry_of: jobIds[0] ?? "" }] });
    assert.equal(retry.status, 202);
  }));

Deno.test("restore_project() is too late after a week, before and after the rows are gone, and never a stranger's", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const [userId, strangerId] = [await user(), await user()];
    const { projectId } = await fullProject(studio, service, userId);
    await deleteProject(service, userId, projectId);
    await refused(restoreProject(service, strangerId, projectId), "PT404", "NOT_FOUND");
    await outlive(owner, projectId);
    const late = await refused(
      restoreProject(service, userId, projectId),
      "PT410",
      "PROJECT_GONE",
    );
    assert.equal(late["project_id"], projectId);
    await tick(studio);
    await refused(restoreProject(service, userId, projectId), "PT404", "NOT_FOUND");
    await refused(deleteProject(service, userId, projectId), "PT404", "NOT_FOUND");
  }));

Deno.test("delete_expired_projects() leaves no row of the project but the ledger's, and the note of its folder", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId, jobIds } = await fullProject(studio, service, userId);
    await succeed(service, await claimJob(service, jobIds[0] ?? ""));
    await deleteProject(service, userId, projectId);
    const before = await ledgerOf(owner, userId);
    await outlive(owner, projectId);
    await tick(studio);
    for (
      const table of ["scenes", "image_assets", "audio_clips", "video_clips", "films", "jobs"]
    ) {
      const rows = await owner`select 1 from ${owner(`public.${table}`)} where user_id = ${userId}`;
      assert.equal(rows.length, 0, table);
    }
    assert.equal((await owner`select 1 from public.projects where id = ${projectId}`).length, 0);
    assert.deepEqual(await ledgerOf(owner, userId), before);
    assert.ok(await purgeOf(owner, projectId));
  }));

Deno.test("a project's row that the service deletes itself settles its jobs first, and its folder is noted", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId } = await fullProject(studio, service, userId);
    await service`delete from public.projects where id = ${projectId}`;
    assert.deepEqual(await ledgerOf(owner, userId), {
      balance: 500,
      sum: 500,
      charges: 4,
      refunds: 4,
    });
    assert.ok(await purgeOf(owner, projectId));
  }));

Deno.test("promise 15: no job and no clip can name another tenant's project or picture, whoever writes it", () =>
  withStudio(async (studio) => {
    const { owner, service, user, project, model } = studio;
    const [userId, strangerId] = [await user(), await user()];
    const [mine, theirs] = [await project(userId), await project(strangerId)];
    const modelId = await model();
    const job = await startJob(service, userId, clipItem(mine, modelId));
    const picture = await startJob(service, strangerId, imageItem(theirs, modelId));
    await refused(
      owner`update public.jobs set project_id = ${theirs} where id = ${job}`,
      "23503",
    );
    await refused(
      owner`update public.video_clips set image_id =
          (select subject_id from public.jobs where id = ${picture}) where user_id = ${userId}`,
      "23503",
    );
  }));
