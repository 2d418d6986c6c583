import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { deleteProject, restoreProject } from "../deletion.ts";
import { createJobs, startJob } from "../engine.ts";
import { audioItem, clipItem, imageItem, type Item } from "../items.ts";
import { refused } from "../looks.ts";
import { productionItem } from "../productions.ts";

interface Asked {
  readonly userId: string;
  readonly projectId: string;
  readonly operation?: string;
  readonly body?: Record<string, string | string[]>;
  readonly credits?: number;
  readonly replaces?: string | null;
}

async function propose(service: postgres.Sql, asked: Asked): Promise<string> {
  const { userId, projectId, operation = "generate-audio", credits = 1, replaces = null } = asked;
  const [row] = await service`select public.create_director_proposal(
    ${userId}, ${projectId}, ${operation}, ${
    service.json(asked.body ?? {})
  }, 'Do it', ${credits}, 5,
    ${replaces}) as proposal`;
  return row?.["proposal"].proposal_id;
}

async function confirm(service: postgres.Sql, userId: string, id: string) {
  const [row] = await service`
    select public.confirm_director_proposal(${userId}, ${id}) as confirmed`;
  return row?.["confirmed"];
}

async function start(studio: Studio) {
  const userId = await studio.user();
  return { userId, projectId: await studio.project(userId) };
}

Deno.test("confirm_director_proposal() gives what starts jobs back until its click is answered, then the answer", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const { userId, projectId } = await start(studio);
    const id = await propose(service, { userId, projectId, operation: "generate-video" });
    for (let again = 0; again < 2; again++) {
      const confirmed = await confirm(service, userId, id);
      assert.deepEqual([confirmed.status, confirmed.operation, confirmed.credits], [
        null,
        "generate-video",
        1,
      ]);
    }
    const modelId = await studio.model();
    const items = [clipItem(projectId, modelId)];
    await createJobs(service, { userId, items, key: id, operation: "generate-video" });
    const answered = await confirm(service, userId, id);
    assert.deepEqual([answered.status, answered.replayed], [202, true]);
    assert.match(answered.body, /credits_charged/);
  }));

Deno.test("confirm_director_proposal() deletes a scene once, whoever else confirms at the same time", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, projectId } = await start(studio);
    const scenes = [];
    for (const index of [1, 2, 3]) scenes.push(await studio.scene(userId, projectId, index));
    const body = { scene_id: scenes[0] ?? "" };
    const id = await propose(service, { userId, projectId, operation: "delete-scene", body });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => confirm(service, userId, id)),
    );
    assert.equal(answers.filter(({ replayed }) => !replayed).length, 1);
    assert.equal(new Set(answers.map((answer) => answer.body)).size, 1);
    const left = await owner`
      select id, index from public.scenes where project_id = ${projectId} order by index`;
    assert.deepEqual(left.map((row) => [row["id"], row["index"]]), [[scenes[1], 1], [
      scenes[2],
      2,
    ]]);
  }, { sessions: 6 }));

Deno.test("confirm_director_proposal() deletes no scene that is being worked on, and deletes it afterwards", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, projectId } = await start(studio);
    const [first, second] = [
      await studio.scene(userId, projectId, 1),
      await studio.scene(userId, projectId, 2),
    ];
    const modelId = await studio.model();
    const asset = { scene_id: first };
    const work: Record<string, Item> = {
      picture: imageItem(projectId, modelId, first),
      narration: audioItem(projectId, first, modelId),
      clip: clipItem(projectId, modelId, { asset }),
      film: { ...clipItem(projectId, modelId), kind: "film", asset: { cut: [] } },
      production: productionItem(projectId),
    };
    const body = { scene_id: first };
    const id = await propose(service, { userId, projectId, operation: "delete-scene", body });
    const scenes = async () => (await owner`select id from public.scenes`).length;
    for (const [what, item] of Object.entries(work)) {
      const jobId = await startJob(service, userId, item);
      await refused(confirm(service, userId, id), "PT409", "STATE_CONFLICT");
      assert.equal(await scenes(), 2, what);
      await service`select public.cancel_job(${userId}, ${jobId})`;
    }
    await startJob(service, userId, imageItem(projectId, modelId, second));
    assert.equal((await confirm(service, userId, id)).status, 200, "another scene's is no matter");
    assert.equal(await scenes(), 1);
  }));

Deno.test("confirm_director_proposal() never reaches another tenant's scene or job, whatever a body says", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const [mine, theirs] = [await start(studio), await start(studio)];
    const sceneId = await studio.scene(theirs.userId, theirs.projectId);
    const body = { scene_id: sceneId };
    const id = await propose(service, { ...mine, operation: "delete-scene", body });
    await confirm(service, mine.userId, id);
    const left = await owner`select id from public.scenes where id = ${sceneId}`;
    assert.equal(left.length, 1);
    await refused(confirm(service, theirs.userId, id), "PT404", "NOT_FOUND");
    await refused(propose(service, { ...mine, projectId: theirs.projectId }), "PT404", "NOT_FOUND");
    const job = await propose(service, {
      ...mine,
      operation: "cancel-job",
      body: { job_id: crypto.randomUUID() },
    });
    await refused(confirm(service, mine.userId, job), "PT404", "NOT_FOUND");
  }));

Deno.test("confirm_director_proposal() knows no proposal of a deleted project, until it is restored", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, projectId } = await start(studio);
    const sceneId = await studio.scene(userId, projectId);
    const asked = { userId, projectId };
    const body = { scene_id: sceneId };
    const done = await propose(service, { ...asked, operation: "delete-scene", body: {} });
    await confirm(service, userId, done);
    const ids = [
      done,
      await propose(service, { ...asked, operation: "delete-scene", body }),
      await propose(service, { ...asked, operation: "make-film", body: {} }),
    ];
    await deleteProject(service, userId, projectId);
    for (const id of ids) await refused(confirm(service, userId, id), "PT404", "NOT_FOUND");
    assert.equal((await owner`select id from public.scenes where id = ${sceneId}`).length, 1);
    await restoreProject(service, userId, projectId);
    for (const id of ids) assert.ok(await confirm(service, userId, id));
    assert.equal((await owner`select id from public.scenes where id = ${sceneId}`).length, 0);
  }));

Deno.test("confirm_director_proposal() refuses what has expired, and does nothing", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, projectId } = await start(studio);
    const sceneId = await studio.scene(userId, projectId);
    const body = { scene_id: sceneId };
    const id = await propose(service, { userId, projectId, operation: "delete-scene", body });
    await owner`update public.director_proposals set expires_at = now() where id = ${id}`;
    await refused(confirm(service, userId, id), "PT410", "PROPOSAL_EXPIRED");
    const [row] = await owner`select confirmed_at from public.director_proposals where id = ${id}`;
    assert.equal(row?.["confirmed_at"], null);
    assert.equal((await owner`select id from public.scenes where id = ${sceneId}`).length, 1);
  }));

Deno.test("create_director_proposal() answers one new proposal to all who confirm the old one at once", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const { userId, projectId } = await start(studio);
    const old = await propose(service, { userId, projectId });
    const again = (credits: number) =>
      propose(service, { userId, projectId, credits, replaces: old });
    const ids = await Promise.all(Array.from({ length: 5 }, () => again(2)));
    assert.equal(new Set(ids).size, 1);
    assert.notEqual(await again(3), ids[0], "another price is another proposal");
  }, { sessions: 5 }));

Deno.test("confirm_director_proposal() confirms those of a cast that are named, of its own project, once", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, projectId } = await start(studio);
    const ids: string[] = [];
    for (const name of ["Mina", "Grandfather"]) {
      const [picture] = await owner`
        insert into public.image_assets (user_id, project_id, source, status, url)
        values (${userId}, ${projectId}, 'uploaded', 'ready', 'https://studio.test/a.png') returning id`;
      const [row] = await owner`
        insert into public.characters (user_id, project_id, name, image_id)
        values (${userId}, ${projectId}, ${name}, ${picture?.["id"]}) returning id`;
      ids.push(String(row?.["id"]));
    }
    const confirmedNames = async () =>
      (await owner`select name from public.characters
        where project_id = ${projectId} and confirmed_at is not null`).map(({ name }) => name);
    const body = { project_id: projectId, character_ids: ids.slice(0, 1) };
    const id = await propose(service, {
      userId,
      projectId,
      operation: "confirm-characters",
      body,
      credits: 0,
    });
    assert.deepEqual(await confirmedNames(), [], "a proposal confirms nobody");
    const first = await confirm(service, userId, id);
    assert.deepEqual([first.status, first.replayed, first.woken], [200, false, []]);
    assert.deepEqual(await confirmedNames(), ["Mina"]);
    const again = await confirm(service, userId, id);
    assert.deepEqual([again.body, again.replayed], [first.body, true]);
    const other = await start(studio);
    const forged = await propose(service, {
      ...other,
      operation: "confirm-characters",
      body: { project_id: projectId, character_ids: ids },
    });
    await refused(confirm(service, other.userId, forged), "PT404", "NOT_FOUND");
    assert.deepEqual(await confirmedNames(), ["Mina"]);
  }));
