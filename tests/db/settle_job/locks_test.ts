import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { beginSubmit, cancel, claimJob, createJobs, fail, startJob, succeed } from "../engine.ts";
import { clipItem, imageItem } from "../items.ts";
import { backdate, ledgerOf, readJob, untilWaiting } from "../looks.ts";
import { addCharacter, addFrame, childItem, hold, inProduction, step } from "../productions.ts";

const IMAGE = { url: "https://studio.test/a.jpg", width: 16, height: 9 };

/** A shot's picture that a worker holds. */
async function drawing({ owner, service, user, project, scene, model }: Studio) {
  const userId = await user();
  const projectId = await project(userId);
  const sceneId = await scene(userId, projectId);
  const characterId = await addCharacter(owner, { userId, projectId, name: "Mina" });
  const frameId = await addFrame(owner, {
    userId,
    projectId,
    sceneId,
    characterIds: [characterId],
  });
  const item = imageItem(projectId, await model({ kind: "image", price: 3 }), sceneId);
  const asset = { ...Object(item["asset"]), frame_id: frameId };
  const job = await hold(service, await startJob(service, userId, { ...item, asset }));
  return { userId, sceneId, characterId, frameId, job };
}

/** Settles a picture while its owner is in the middle of `edit`, which begins with `begin`. */
async function settleDuring(
  { owner, service }: Studio,
  job: Parameters<typeof succeed>[1],
  { begin, edit }: Record<"begin" | "edit", (session: postgres.TransactionSql) => Promise<unknown>>,
): Promise<void> {
  let settling: Promise<boolean> | undefined;
  await owner.begin(async (editing) => {
    await begin(editing);
    settling = succeed(service, job, IMAGE);
    settling.catch(() => {});
    await untilWaiting(owner, "settle_job");
    await edit(editing);
  });
  assert.equal(await settling, true);
}

Deno.test("settle_job() and the deletion of a shot, a character or a scene don't wait for each other", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    for (const table of ["frames", "characters", "scenes"] as const) {
      const { job, frameId, characterId, sceneId } = await drawing(studio);
      const id = { frames: frameId, characters: characterId, scenes: sceneId }[table];
      await settleDuring(studio, job, {
        begin: (session) =>
          session`select 1 from ${session(`public.${table}`)} where id = ${id} for update`,
        edit: (session) => session`delete from ${session(`public.${table}`)} where id = ${id}`,
      });
      const { state } = await readJob(owner, job.id);
      assert.equal(state, table === "scenes" ? "cancelled" : "succeeded", table);
    }
  }));

Deno.test("promise 4: settle_job() refunds what was deleted while it was made", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const { userId, sceneId, job } = await drawing(studio);
    assert.equal((await ledgerOf(owner, userId)).balance, 497);
    await owner`delete from public.scenes where id = ${sceneId}`;
    assert.equal(await succeed(service, job, IMAGE), true);
    const { state, error, result } = await readJob(owner, job.id);
    assert.deepEqual([state, error?.code, result], ["cancelled", "CANCELLED", null]);
    const { balance, refunds } = await ledgerOf(owner, userId);
    assert.deepEqual([balance, refunds], [500, 1]);
  }));

Deno.test("cancel_job() of a child waits for its parent before it takes the account", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const { started = [] } = await step(service, film.job, { items: [childItem("one", film)] });
    let cancelling: ReturnType<typeof cancel> | undefined;
    // A sibling that fails: the parent first, then the account for its refund.
    await owner.begin(async (failing) => {
      await failing`select 1 from public.jobs where id = ${film.job.id} for no key update`;
      cancelling = cancel(service, film.userId, started[0]?.id ?? "");
      cancelling.catch(() => {});
      await untilWaiting(owner, "cancel_job");
      await failing`
        select 1 from public.credit_accounts where user_id = ${film.userId} for update nowait`;
    });
    assert.equal((await cancelling)?.cancelled_count, 1);
  }));

Deno.test("expire_jobs() leaves a child whose parent somebody holds to the next sweep", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const { started = [] } = await step(service, film.job, { items: [childItem("one", film)] });
    const id = started[0]?.id ?? "";
    await backdate(owner, id, "deadline_at");
    await owner.begin(async (failing) => {
      await failing`select 1 from public.jobs where id = ${film.job.id} for no key update`;
      await service`select public.expire_jobs()`;
      assert.equal((await readJob(owner, id)).state, "queued");
    });
    await service`select public.expire_jobs()`;
    assert.equal((await readJob(owner, id)).state, "failed");
  }));

Deno.test("step_production() is busy, and waits for nobody, while a part of its film is settled", () =>
  withStudio(async (studio) => {
    const { owner, service, scene } = studio;
    const film = await inProduction(studio);
    const { userId, projectId } = film;
    const sceneId = await scene(userId, projectId);
    const frameId = await addFrame(owner, { userId, projectId, sceneId });
    const item = childItem("one", film, { scene_id: sceneId, frame_id: frameId });
    const { started = [] } = await step(service, film.job, { items: [item] });
    const child = await hold(service, started[0]?.id ?? "");
    let settling: Promise<boolean> | undefined;
    await owner.begin(async (editing) => {
      await editing`select 1 from public.frames where id = ${frameId} for update`;
      settling = succeed(service, child, IMAGE);
      settling.catch(() => {});
      await untilWaiting(owner, "settle_job");
      const frames = [{ id: frameId, duration_sec: 4 }];
      assert.equal((await step(service, film.job, { frames })).decision, "busy");
    });
    assert.equal(await settling, true);
  }));

Deno.test("begin_submit() of one user does not wait for another's click at the same provider", () =>
  withStudio(async ({ owner, service, user, project, model, provider }) => {
    const name = await provider();
    const modelId = await model({ provider: name });
    const [one, other] = [await user(), await user()];
    const id = await startJob(service, one, clipItem(await project(one), modelId));
    const job = await claimJob(service, id);
    const items = [clipItem(await project(other), modelId)];
    await owner.begin(async (clicking) => {
      await createJobs(clicking, { userId: other, items });
      assert.equal((await beginSubmit(service, job)).decision, "send");
    });
  }));

Deno.test("delete_expired_projects() leaves accounts alone where nothing is under way", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const projectId = await project(userId);
    await fail(
      service,
      await claimJob(service, await startJob(service, userId, clipItem(projectId, await model()))),
    );
    await owner`
      update public.projects set deleted_at = now() - private.delete_grace() where id = ${projectId}`;
    await owner.begin(async (clicking) => {
      await clicking`select 1 from public.credit_accounts where user_id = ${userId} for update`;
      await service`select public.delete_expired_projects()`;
    });
    const left = await owner`select 1 from public.projects where id = ${projectId}`;
    assert.equal(left.length, 0);
  }));

Deno.test("settle_job() and an owner's edits of the shot, its cast and its characters don't wait for each other", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    for (const what of ["shot", "cast", "character"] as const) {
      const { job, frameId, characterId, sceneId } = await drawing(studio);
      // The shot's main picture until now: both sides write it.
      await owner`
        insert into public.image_assets (user_id, project_id, scene_id, frame_id, prompt, model, url, status, is_main)
        select user_id, project_id, ${sceneId}, id, 'A boat', 'test', 'https://a.test/a.jpg', 'ready', true
        from public.frames where id = ${frameId}`;
      await settleDuring(studio, job, {
        begin: (session) =>
          what === "character"
            ? session`select 1 from public.characters where id = ${characterId} for no key update`
            : session`select 1 from public.frames where id = ${frameId} for no key update`,
        edit: (session) =>
          what === "shot"
            ? session`update public.frames set action = 'A ship' where id = ${frameId}`
            : what === "cast"
            ? session`delete from public.frame_characters where frame_id = ${frameId}`
            : session`update public.characters set name = 'Nina' where id = ${characterId}`,
      });
      const [image] = await owner`
        select status, stale_at from public.image_assets where id = ${job.subject_id}`;
      assert.equal(image?.["status"], "ready");
      assert.ok(image?.["stale_at"], `${what}: it was drawn from what was there before`);
    }
  }));
