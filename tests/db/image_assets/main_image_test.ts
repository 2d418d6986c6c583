import assert from "node:assert/strict";
import { type Studio, withStudio } from "../database.ts";
import { claimJob, type Session, startJob, succeed } from "../engine.ts";
import { imageItem } from "../items.ts";
import { readJob, refused } from "../looks.ts";

const ANSWER = { assets: "image_assets", jobs: "jobs", many: true };
const RESULT = { url: "https://studio.test/a.jpg", width: 1280, height: 720 };

/** A scene, and a way to draw pictures for it. */
async function scenery({ service, user, project, scene, model }: Studio) {
  const userId = await user();
  const projectId = await project(userId);
  const sceneId = await scene(userId, projectId);
  const modelId = await model({ kind: "image" });
  const start = async (of: string | null = sceneId) => {
    const item = imageItem(projectId, modelId, of);
    return await claimJob(service, await startJob(service, userId, item, { answer: ANSWER }));
  };
  return { userId, sceneId, start };
}

async function mainOf(session: Session, sceneId: string): Promise<string[]> {
  const rows = await session<{ id: string }[]>`
    select id from public.image_assets where scene_id = ${sceneId} and is_main`;
  return rows.map(({ id }) => id);
}

Deno.test("image_assets: the newest picture of a scene stands for it, until the owner chooses another", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, sceneId, start } = await scenery(studio);
    const [first, second] = [await start(), await start()];
    await succeed(service, first, RESULT);
    await succeed(service, second, RESULT);
    assert.deepEqual(await mainOf(owner, sceneId), [second.subject_id]);
    await owner.begin(async (transaction) => {
      await transaction`select set_config('request.jwt.claims', ${
        JSON.stringify({ sub: userId, role: "authenticated" })
      }, true)`;
      await transaction`set local role authenticated`;
      await transaction`
        update public.image_assets set is_main = true where id = ${first.subject_id}`;
      assert.deepEqual(await mainOf(transaction, sceneId), [first.subject_id]);
    });
    assert.deepEqual(await mainOf(owner, sceneId), [first.subject_id]);
  }));

Deno.test("image_assets: a picture of the project as a whole is nobody's main one", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { start } = await scenery(studio);
    const job = await start(null);
    await succeed(service, job, RESULT);
    const { subject_id: id } = await readJob(owner, job.id);
    await refused(owner`update public.image_assets set is_main = true where id = ${id}`, "23514");
  }));

Deno.test("image_assets: one of a scene's pictures stands for it when 8 are ready at the same moment", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { sceneId, start } = await scenery(studio);
    for (let round = 0; round < 5; round++) {
      const jobs = [];
      for (let at = 0; at < 8; at++) jobs.push(await start());
      const told = await Promise.all(jobs.map((job) => succeed(service, job, RESULT)));
      assert.deepEqual(new Set(told), new Set([true]));
      assert.equal((await mainOf(owner, sceneId)).length, 1);
    }
  }, { sessions: 8 }));

Deno.test("image_assets: choosing the main picture again while another one becomes it waits in no circle", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { sceneId, start } = await scenery(studio);
    const [first, second] = [await start(), await start()];
    await succeed(service, first, RESULT);
    let becoming: Promise<boolean> | undefined;
    await owner.begin(async (choosing) => {
      await choosing`select 1 from public.image_assets where id = ${first.subject_id} for update`;
      becoming = succeed(service, second, RESULT);
      becoming.catch(() => {});
      await choosing`select pg_sleep(0.1)`;
      await choosing`
        update public.image_assets set is_main = true where id = ${first.subject_id}`;
    });
    assert.equal(await becoming, true);
    assert.deepEqual(await mainOf(owner, sceneId), [second.subject_id]);
  }));
