/**
 * One row of every table for a user, made the way the product makes it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Studio } from "../database.ts";
import { beginSubmit, claimJob, createJobs, startJob } from "../engine.ts";
import { audioItem, clipItem, imageItem, type Item } from "../items.ts";

/** How to find a user's row: its primary key's column, and the value. */
export type SampleRows = Readonly<Record<string, { readonly key: string; readonly value: string }>>;

/** Makes a user with a row in every table. Rows that are everybody's are the same for each user. */
export async function sampleRows(
  studio: Studio,
): Promise<{ userId: string; rows: SampleRows }> {
  const { owner, service } = studio;
  const userId = await studio.user();
  const projectId = await studio.project(userId);
  const sceneId = await studio.scene(userId, projectId);
  const modelId = await studio.model();
  const clip = clipItem(projectId, modelId);
  const film: Item = { ...clip, kind: "film", asset: { cut: [] } };
  const jobId = await startJob(service, userId, clip);
  const { attempt_id } = await beginSubmit(service, await claimJob(service, jobId));
  const key = `sample-rows-${crypto.randomUUID()}`;
  const others = [
    imageItem(projectId, modelId, sceneId),
    audioItem(projectId, sceneId, modelId),
    film,
  ];
  await createJobs(service, { userId, items: others, key });
  const messageId = crypto.randomUUID();
  await service`select public.finish_director_turn(
    ${userId}, ${projectId}, ${messageId}, 'project', '[]', 1, 1)`;
  await service`select public.create_director_proposal(
    ${userId}, ${projectId}, 'delete-scene', ${
    service.json({ scene_id: sceneId })
  }, 'Delete it', 0, 0)`;
  const [character] = await owner`
    insert into public.characters (user_id, project_id, name) values (${userId}, ${projectId}, 'Mina')
    returning id`;
  const [frame] = await owner`
    insert into public.frames (user_id, project_id, scene_id, index, action)
    values (${userId}, ${projectId}, ${sceneId}, 1, 'Mina waves') returning id`;
  assert.ok(character && frame);
  await owner`
    insert into public.frame_characters (frame_id, character_id, project_id, user_id)
    values (${frame["id"]}, ${character["id"]}, ${projectId}, ${userId})`;
  await service`select public.grant_upload(${userId}, ${crypto.randomUUID()}, 'track')`;
  // A project that is gone leaves the note of its folder.
  const goneId = await studio.project(userId);
  await owner`delete from public.projects where id = ${goneId}`;
  const idIn = async (table: string) => {
    const [row] = await owner`
      select id::text as id from ${owner(`public.${table}`)} where user_id = ${userId} limit 1`;
    assert.ok(row, table);
    return { key: "id", value: String(row["id"]) };
  };
  const [limits] = await owner`select provider from public.models where id = ${modelId}`;
  return {
    userId,
    rows: {
      audio_clips: await idIn("audio_clips"),
      characters: await idIn("characters"),
      credit_accounts: { key: "user_id", value: userId },
      credit_entries: await idIn("credit_entries"),
      director_messages: { key: "id", value: messageId },
      director_proposals: await idIn("director_proposals"),
      films: await idIn("films"),
      frame_characters: { key: "frame_id", value: String(frame["id"]) },
      frames: await idIn("frames"),
      idempotency_keys: { key: "key", value: key },
      image_assets: await idIn("image_assets"),
      job_attempts: { key: "id", value: attempt_id },
      jobs: { key: "id", value: jobId },
      models: { key: "id", value: modelId },
      presets: { key: "slug", value: "hip-hop" },
      projects: { key: "id", value: projectId },
      provider_limits: { key: "provider", value: limits?.["provider"] },
      scenes: { key: "id", value: sceneId },
      settings: { key: "user_id", value: userId },
      storage_purges: { key: "prefix", value: `projects/${goneId}` },
      upload_grants: await idIn("upload_grants"),
      video_clips: await idIn("video_clips"),
    },
  };
}
