import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { claimJob, type Click, fail, release, startJob, succeed } from "../engine.ts";
import { audioItem, clipItem, imageItem, type Item } from "../items.ts";
import { readJob } from "../looks.ts";

const URL = "https://studio.test/file";

/** Each kind with an asset: its table, and what its handler gives. */
const KINDS = [
  { kind: "image", table: "image_assets", result: { url: URL, width: 1280, height: 720 } },
  { kind: "audio", table: "audio_clips", result: { url: URL, duration_sec: 4.2 } },
  { kind: "video", table: "video_clips", result: { url: URL, duration_sec: 5.04 } },
  { kind: "film", table: "films", result: { url: URL, duration_sec: 9.9, cut: [] } },
] as const;

for (const { kind, table, result } of KINDS) {
  Deno.test(`settle_job() moves a job of kind ${kind} and its asset together`, () =>
    withStudio(async ({ owner, service, user, project, scene, model }) => {
      const userId = await user();
      const projectId = await project(userId);
      const sceneId = await scene(userId, projectId);
      const modelId = await model({ kind: kind === "audio" ? "speech" : kind });
      const items: Record<string, Item> = {
        image: imageItem(projectId, modelId, sceneId),
        audio: audioItem(projectId, sceneId, modelId),
        video: clipItem(projectId, modelId),
        film: { ...clipItem(projectId, modelId), kind: "film", asset: { cut: [] } },
      };
      const item = items[kind];
      assert.ok(item);
      const answer: Click["answer"] = { assets: "assets", jobs: "jobs", many: true };
      const assetOf = async (id: string) => {
        const { subject_id } = await readJob(owner, id);
        const [row] = await owner`select * from ${owner(table)} where id = ${subject_id}`;
        assert.ok(row);
        return row;
      };
      const good = await claimJob(service, await startJob(service, userId, item, { answer }));
      assert.equal(await succeed(service, good, result), true);
      const ready = await assetOf(good.id);
      assert.equal(ready["status"], "ready");
      for (const [column, value] of Object.entries(result)) {
        assert.deepEqual(ready[column], value, column);
      }
      assert.equal((await readJob(owner, good.id)).progress, 1);

      const bad = await claimJob(service, await startJob(service, userId, item, { answer }));
      assert.equal(await fail(service, bad, "CONTENT_REFUSED"), true);
      const failed = await assetOf(bad.id);
      assert.deepEqual([failed["status"], failed["url"]], ["failed", null]);
      assert.equal(failed["error"].code, "CONTENT_REFUSED");
    }));
}

Deno.test("promise 10: settle_job() takes no success without a file, and the job stays for the next worker", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const id = await startJob(service, userId, clipItem(await project(userId), await model()));
    const job = await claimJob(service, id);
    await assert.rejects(succeed(service, job, { duration_sec: 5 }), /ready_has_url/);
    assert.equal((await readJob(owner, id)).state, "running");
    assert.equal(await release(service, job), true);
  }));

Deno.test("settle_job() wakes a parent whenever a child ends, well or badly", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const item = clipItem(await project(userId), await model());
    const parent = await startJob(service, userId, item);
    const sleep = async () => {
      await release(service, await claimJob(service, parent), { delaySec: 3600 });
      assert.ok(await dueInMs() > 60_000);
    };
    const children = [
      await startJob(service, userId, item),
      await startJob(service, userId, item),
    ];
    await owner`update public.jobs set parent_id = ${parent} where id = any (${children})`;
    await owner`update public.jobs set open_children_count = 2 where id = ${parent}`;
    const dueInMs = async () => (await readJob(owner, parent)).run_at.getTime() - Date.now();
    for (const [at, end] of [succeed, fail].entries()) {
      await sleep();
      await end(service, await claimJob(service, children[at] ?? ""));
      assert.ok(await dueInMs() <= 0);
      assert.equal((await readJob(owner, parent)).open_children_count, 1 - at);
    }
  }));

Deno.test("settle_job() ends a project's film as completed, and a new job opens it again", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const projectId = await project(userId);
    const modelId = await model();
    const film: Item = { ...clipItem(projectId, modelId), kind: "film", asset: { cut: [] } };
    const statusOf = async () =>
      (await owner`select status from public.projects where id = ${projectId}`)[0]?.["status"];
    const job = await claimJob(service, await startJob(service, userId, film));
    await succeed(service, job, { url: URL, duration_sec: 9.9 });
    assert.equal(await statusOf(), "completed");
    await startJob(service, userId, clipItem(projectId, modelId));
    assert.equal(await statusOf(), "in-progress");
  }));
