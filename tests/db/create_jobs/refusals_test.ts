import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { createJobs } from "../engine.ts";
import { audioItem, clipItem, imageItem, type Item } from "../items.ts";
import { refused, tracesOf } from "../looks.ts";

const NOTHING = { keys: 0, jobs: 0, assets: 0, entries: 0 };

/** Makes two users with a project each, and a model. */
async function twoTenants({ user, project, model }: Studio) {
  const [userId, strangerId] = [await user(), await user()];
  const [mine, theirs] = [await project(userId), await project(strangerId)];
  return { userId, strangerId, mine, theirs, modelId: await model() };
}

Deno.test("promise 15: create_jobs() refuses another tenant's project, a deleted one and one that never was", () =>
  withStudio(async (studio) => {
    const { owner, service, project } = studio;
    const { userId, theirs, modelId } = await twoTenants(studio);
    const deleted = await project(userId, { deleted_at: new Date() });
    for (const projectId of [theirs, deleted, crypto.randomUUID()]) {
      const items = [clipItem(projectId, modelId)];
      const detail = await refused(createJobs(service, { userId, items }), "PT404", "NOT_FOUND");
      assert.deepEqual(detail, { project_id: projectId });
    }
    assert.deepEqual(await tracesOf(owner, userId), NOTHING);
  }));

Deno.test("promise 15: create_jobs() can't put an asset into another tenant's scene, whoever calls it", () =>
  withStudio(async (studio) => {
    const { owner, service, scene, project } = studio;
    const { userId, strangerId, mine, theirs, modelId } = await twoTenants(studio);
    const elsewhere = await scene(userId, await project(userId));
    for (const sceneId of [await scene(strangerId, theirs), elsewhere]) {
      const items: Item[] = [
        clipItem(mine, modelId, { asset: { scene_id: sceneId } }),
        imageItem(mine, modelId, sceneId),
        audioItem(mine, sceneId, modelId),
      ];
      for (const item of items) {
        await refused(createJobs(service, { userId, items: [item] }), "23503");
      }
    }
    assert.deepEqual(await tracesOf(owner, userId), NOTHING);
  }));

Deno.test("create_jobs() refuses unknown and retired models and names the replacement", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, mine, modelId } = await twoTenants(studio);
    const click = (model: string) =>
      createJobs(service, { userId, items: [clipItem(mine, model)] });
    assert.deepEqual(await refused(click("no-such-model"), "PT422", "MODEL_INPUT_INVALID"), {
      model: "no-such-model",
      reason: "unknown model",
    });
    await owner`
      update public.models set retired_at = now(), replaced_by = 'kling-2.5-turbo-pro'
      where id = ${modelId}`;
    assert.deepEqual(await refused(click(modelId), "PT410", "MODEL_RETIRED"), {
      model: modelId,
      replaced_by: "kling-2.5-turbo-pro",
    });
    assert.deepEqual(await tracesOf(owner, userId), NOTHING);
  }));

Deno.test("create_jobs() refuses a token that outlived its account", () =>
  withStudio(async (studio) => {
    const { service, model } = studio;
    const items = [clipItem(crypto.randomUUID(), await model())];
    const userId = crypto.randomUUID();
    // The key's own foreign key or the account: either way there is nobody to charge.
    await refused(createJobs(service, { userId, items }), "PT401", "UNAUTHENTICATED");
  }));

Deno.test("create_jobs() refuses more unfinished jobs than a user may have", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, mine, modelId } = await twoTenants(studio);
    const [row] = await owner`select private.max_unfinished_jobs() as most`;
    const most: number = row?.["most"];
    await owner`
      insert into public.jobs (user_id, project_id, kind, model_id, deadline_at, run_at)
      select ${userId}, ${mine}, 'video', ${modelId}, now() + interval '1 hour',
        now() + interval '1 hour'
      from generate_series(1, ${most - 1})`;
    const items = [clipItem(mine, modelId)];
    await createJobs(service, { userId, items });
    const detail = await refused(createJobs(service, { userId, items }), "PT429", "TOO_MANY_JOBS");
    assert.deepEqual(detail, { would_be_unfinished: most + 1, limit: most });
  }));
