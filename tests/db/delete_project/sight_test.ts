import assert from "node:assert/strict";
import { asUser } from "../as_user.ts";
import { type Studio, withStudio } from "../database.ts";
import { deleteProject, fullProject, restoreProject } from "../deletion.ts";
import { createJobs } from "../engine.ts";
import { clipItem } from "../items.ts";
import { refused } from "../looks.ts";

const TABLES = [
  "scenes",
  "image_assets",
  "audio_clips",
  "video_clips",
  "films",
  "jobs",
  "director_messages",
  "director_proposals",
] as const;

/** How many rows of a project its owner sees, by table. */
async function seen({ owner }: Studio, userId: string, projectId: string) {
  return await asUser(owner, userId, async (session) => {
    const counts: Record<string, number> = {};
    for (const table of TABLES) {
      const rows = await session`
        select 1 from ${session(`public.${table}`)} where project_id = ${projectId}`;
      counts[table] = rows.length;
    }
    const rows = await session`select 1 from public.projects where id = ${projectId}`;
    return { ...counts, projects: rows.length };
  });
}

const ALL = Object.fromEntries([...TABLES, "projects"].map((table) => [table, 1]));
const NONE = Object.fromEntries([...TABLES, "projects"].map((table) => [table, 0]));

Deno.test("delete_project() hides every row of the project from its owner, and restore_project() shows all again", () =>
  withStudio(async (studio) => {
    const { service, user } = studio;
    const userId = await user();
    const gone = await fullProject(studio, service, userId);
    const kept = await fullProject(studio, service, userId);
    const every = { ...ALL, jobs: 4 };
    assert.deepEqual(await seen(studio, userId, gone.projectId), every);
    await deleteProject(service, userId, gone.projectId);
    assert.deepEqual(await seen(studio, userId, gone.projectId), NONE);
    assert.deepEqual(await seen(studio, userId, kept.projectId), every, "and no other project");
    await restoreProject(service, userId, gone.projectId);
    assert.deepEqual(await seen(studio, userId, gone.projectId), every);
  }));

Deno.test("delete_project() leaves scripts without a project in sight", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId } = await fullProject(studio, service, userId);
    await owner`insert into public.jobs (user_id, kind, deadline_at)
      values (${userId}, 'script', now() + interval '1 minute')`;
    await deleteProject(service, userId, projectId);
    const left = await asUser(owner, userId, (session) => session`select kind from public.jobs`);
    assert.deepEqual(left.map(({ kind }) => kind), ["script"]);
  }));

Deno.test("delete_project() lets nothing new begin in the project: no scene, no main picture, no job, no retry", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId, sceneId, jobIds, modelId } = await fullProject(studio, service, userId);
    await deleteProject(service, userId, projectId);
    await refused(
      asUser(
        owner,
        userId,
        (session) =>
          session`insert into public.scenes (project_id, index, text) values (${projectId}, 2, 'New')`,
      ),
      "42501",
    );
    const touched = await asUser(owner, userId, async (session) =>
      [
        await session`update public.scenes set text = 'New' where id = ${sceneId} returning 1`,
        await session`delete from public.scenes where id = ${sceneId} returning 1`,
        await session`delete from public.scenes`,
        await session`update public.image_assets set is_main = true returning 1`,
        await session`update public.projects set title = 'New' where id = ${projectId} returning 1`,
      ].map((rows) => rows.count));
    assert.deepEqual(touched, [0, 0, 0, 0, 0]);
    const items = [clipItem(projectId, modelId)];
    await refused(createJobs(service, { userId, items }), "PT404", "NOT_FOUND");
    const retries = [{ retry_of: jobIds[0] ?? "" }];
    await refused(createJobs(service, { userId, items: retries }), "PT404", "NOT_FOUND");
  }));

Deno.test("the policies look the deleted projects up once a statement, however many rows there are", () =>
  withStudio(async (studio) => {
    const { owner, service, user } = studio;
    const userId = await user();
    const { projectId } = await fullProject(studio, service, userId);
    await owner`insert into public.scenes (user_id, project_id, index, text)
      select ${userId}, ${projectId}, i, 'Scene' from generate_series(2, 100) as i`;
    for (const table of TABLES) {
      const plan = await asUser(
        owner,
        userId,
        (session) =>
          session`explain (analyze, costs off, timing off, summary off)
          select * from ${session(`public.${table}`)}`,
      );
      const lines = plan.map((row) => String(row["QUERY PLAN"]).trim());
      const asked = lines.filter((line) => /^InitPlan/.test(line));
      assert.equal(asked.length, 2, `${table}: the user and the list\n${lines.join("\n")}`);
      assert.deepEqual(lines.filter((line) => line.includes("SubPlan")), [], table);
    }
  }));
