/**
 * The functions that delete and restore, with their answers' types, and projects to delete.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Studio } from "./database.ts";
import { createJobs, type Session } from "./engine.ts";
import { audioItem, clipItem, imageItem, type Item } from "./items.ts";

/** What `delete_project` answers. */
export interface Deleted {
  readonly project: { readonly id: string; readonly deleted_at: string };
  readonly restorable_until: string;
  readonly cancelled_count: number;
  readonly balance: number;
  readonly tasks: readonly { provider: string; external_task_id: string; endpoint: string }[];
}

/** Calls `delete_project`. */
export async function deleteProject(
  session: Session,
  userId: string,
  projectId: string,
): Promise<Deleted> {
  const [row] = await session<{ result: Deleted }[]>`
    select public.delete_project(${userId}, ${projectId}) as result`;
  assert.ok(row);
  return row.result;
}

/** Calls `restore_project`. */
export async function restoreProject(
  session: Session,
  userId: string,
  projectId: string,
): Promise<{ project: { id: string; deleted_at: string | null } }> {
  const [row] = await session`select public.restore_project(${userId}, ${projectId}) as result`;
  return row?.["result"];
}

/**
 * A project with a scene, a pending row of each kind of asset, each with its job, a word with the director and what
 * it proposed.
 */
export async function fullProject(
  { owner, project, scene, model }: Studio,
  service: Session,
  userId: string,
): Promise<{ projectId: string; sceneId: string; jobIds: string[]; modelId: string }> {
  const projectId = await project(userId);
  const sceneId = await scene(userId, projectId);
  const modelId = await model();
  const film: Item = { ...clipItem(projectId, modelId), kind: "film", asset: { cut: [] } };
  const items = [
    clipItem(projectId, modelId),
    imageItem(projectId, modelId, sceneId),
    audioItem(projectId, sceneId, modelId),
    film,
  ];
  const { body } = await createJobs(service, { userId, items });
  const { jobs }: { jobs: { id: string }[] } = JSON.parse(body);
  await owner`insert into public.director_messages (user_id, project_id, role, page, parts)
    values (${userId}, ${projectId}, 'user', 'project', '[]')`;
  await service`select public.create_director_proposal(
    ${userId}, ${projectId}, 'delete-scene', ${
    service.json({ scene_id: sceneId })
  }, 'Delete it', 0, 0)`;
  return { projectId, sceneId, jobIds: jobs.map(({ id }) => id), modelId };
}

/** Moves a deletion so far into the past that its grace is over. */
export async function outlive(owner: Session, projectId: string): Promise<void> {
  await owner`
    update public.projects set deleted_at = now() - private.delete_grace() - interval '1 second'
    where id = ${projectId}`;
}

/** The note of a project's folder. Undefined: there is none. */
export async function purgeOf(session: Session, projectId: string) {
  const [row] = await session<
    { next_at: Date; created_at: Date; removed_count: number; error: string | null }[]
  >`select next_at, created_at, removed_count, error from public.storage_purges
    where prefix = ${`projects/${projectId}`}`;
  return row;
}
