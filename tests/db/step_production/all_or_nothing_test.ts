import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { createJobs, fail, release, succeed } from "../engine.ts";
import { backdate, ledgerOf, readJob, refused, tracesOf } from "../looks.ts";
import {
  childItem,
  hold,
  inProduction,
  productionItem,
  readProduction,
  startProduction,
  step,
} from "../productions.ts";

/** The same picture by a click of its own. */
function clickItem(at: number, film: Parameters<typeof childItem>[1]) {
  const { child_key: _, ...item } = childItem(`click ${at}`, film);
  return item;
}

const IMAGE = { url: "https://a.test/a.jpg", width: 16, height: 9 };

Deno.test("step_production() starts children, charges each, and writes stage and progress", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const items = ["one", "two"].map((key) => childItem(key, film));
    const { decision, started } = await step(service, film.job, { items, progress: 0.25 });
    assert.equal(decision, "stepped");
    assert.equal(started?.length, 2);
    const parent = await readJob(owner, film.job.id);
    assert.deepEqual(
      [parent.stage, parent.progress, parent.open_children_count, parent.credits],
      ["images", 0.25, 2, 0],
    );
    for (const { id } of started ?? []) {
      const child = await readJob(owner, id);
      assert.deepEqual([child.parent_id, child.state, child.credits], [film.job.id, "queued", 3]);
    }
    const { balance, charges } = await ledgerOf(owner, film.userId);
    assert.deepEqual([balance, charges], [494, 2]);
  }));

Deno.test("step_production() passes over a child_key that is there, also when it has failed", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const items = [childItem("one", film)];
    const [first] = (await step(service, film.job, { items })).started ?? [];
    assert.deepEqual((await step(service, film.job, { items })).started, []);
    await fail(service, await hold(service, first?.id ?? ""));
    assert.deepEqual((await step(service, film.job, { items })).started, []);
    const twice = await step(service, film.job, {
      items: [childItem("two", film), childItem("two", film)],
    });
    assert.equal(twice.started?.length, 1);
    const { balance, charges, refunds } = await ledgerOf(owner, film.userId);
    assert.deepEqual([balance, charges, refunds], [497, 2, 1]);
    assert.equal((await readJob(owner, film.job.id)).open_children_count, 1);
  }));

Deno.test("step_production() starts none of a step's children when the credits are short", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio, { balance: 8 });
    const items = ["one", "two", "three"].map((key) => childItem(key, film));
    const before = await tracesOf(owner, film.userId);
    const work = step(service, film.job, { items, stage: "videos", progress: 0.9 });
    await refused(work, "PT402", "INSUFFICIENT_CREDITS");
    assert.deepEqual(await tracesOf(owner, film.userId), before);
    const { stage, progress } = await readJob(owner, film.job.id);
    assert.deepEqual([stage, progress], [null, 0]);
    assert.equal((await ledgerOf(owner, film.userId)).balance, 8);
    assert.equal((await step(service, film.job, { items: items.slice(0, 2) })).started?.length, 2);
  }));

Deno.test("step_production() never spends above the film's budget; refunds make room again", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio, { budget: 7 });
    const items = ["one", "two", "three"].map((key) => childItem(key, film));
    const details = await refused(step(service, film.job, { items }), "PT402", "BUDGET_EXCEEDED");
    assert.deepEqual(details, { budget_credits: 7, would_cost: 9 });
    const [one] = (await step(service, film.job, { items: items.slice(0, 2) })).started ?? [];
    await refused(step(service, film.job, { items }), "PT402", "BUDGET_EXCEEDED");
    await fail(service, await hold(service, one?.id ?? ""));
    assert.equal((await step(service, film.job, { items })).started?.length, 1);
    assert.equal((await ledgerOf(owner, film.userId)).balance, 494);
  }));

Deno.test("step_production() counts what the tries before have cost into the film's budget", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const film = await inProduction(studio, { budget: 7 });
    const [one] = (await step(service, film.job, { items: [childItem("one", film)] })).started ??
      [];
    await succeed(service, await hold(service, one?.id ?? ""), IMAGE);
    await fail(service, film.job);
    const again = await hold(
      service,
      await startProduction(service, film.userId, { retry_of: film.job.id }),
    );
    const items = ["two", "three"].map((key) => childItem(key, film));
    const details = await refused(step(service, again, { items }), "PT402", "BUDGET_EXCEEDED");
    assert.deepEqual(details, { budget_credits: 7, would_cost: 9 });
    assert.equal((await step(service, again, { items: items.slice(0, 1) })).decision, "stepped");
  }));

Deno.test("step_production() keeps the project's budget under parallel productions' steps and clicks", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio, { projectBudget: 20 });
    const clicks = Array.from(
      { length: 12 },
      (_, at) =>
        at % 2 === 0
          ? step(service, film.job, { items: [childItem(`child ${at}`, film)] })
          : createJobs(service, { userId: film.userId, items: [clickItem(at, film)] }),
    );
    const results = await Promise.allSettled(clicks);
    const [row] = await owner<{ spent: number }[]>`
      select coalesce(-sum(e.amount), 0)::int as spent
      from public.credit_entries e join public.jobs j on j.id = e.job_id
      where j.project_id = ${film.projectId}`;
    assert.equal(row?.spent, 18, "six of three credits each, and no seventh");
    const charged = (await ledgerOf(owner, film.userId)).charges;
    assert.equal(charged, 6);
    for (const result of results) {
      if (result.status === "rejected") {
        assert.equal(result.reason.message, "BUDGET_EXCEEDED");
      }
    }
  }, { sessions: 12 }));

Deno.test("step_production() of a worker that lost the job changes nothing", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    await backdate(owner, film.job.id, "run_at");
    const now = await hold(service, film.job.id);
    assert.equal(now.attempt, film.job.attempt + 1);
    const before = await tracesOf(owner, film.userId);
    const items = [childItem("one", film)];
    assert.deepEqual(await step(service, film.job, { items }), { decision: "lost" });
    assert.deepEqual(await tracesOf(owner, film.userId), before);
    await release(service, now);
    assert.deepEqual(await step(service, now, { items }), { decision: "lost" });
  }));

Deno.test("step_production() is busy, and changes nothing, while something else holds the production", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    await owner.begin(async (other) => {
      await other`select 1 from public.jobs where id = ${film.job.id} for update`;
      const items = [childItem("one", film)];
      assert.deepEqual(await step(service, film.job, { items }), { decision: "busy" });
    });
    assert.equal((await ledgerOf(owner, film.userId)).charges, 0);
    assert.equal((await step(service, film.job)).decision, "stepped");
  }));

Deno.test("step_production() leaves the rest for later when a user has too many unfinished jobs", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio, { balance: 2000 });
    const [limit] = await owner<{ most: number }[]>`select private.max_unfinished_jobs() as most`;
    const most = limit?.most ?? 0;
    const items = Array.from({ length: most + 5 }, (_, at) => childItem(`child ${at}`, film));
    const { started } = await step(service, film.job, { items });
    assert.equal(started?.length, most - 1, "the production is one of them");
    await succeed(service, await hold(service, started?.[0]?.id ?? ""), IMAGE);
    assert.equal((await step(service, film.job, { items })).started?.length, 1);
  }));

Deno.test("step_production() refuses a project that was deleted", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    await owner`update public.projects set deleted_at = now() where id = ${film.projectId}`;
    await refused(step(service, film.job, { items: [childItem("one", film)] }), "PT404");
  }));

Deno.test("step_production() writes shots once, with who is in them, and their times", () =>
  withStudio(async (studio) => {
    const { owner, service, scene } = studio;
    const film = await inProduction(studio);
    const sceneId = await scene(film.userId, film.projectId);
    const [mina] = await owner<{ id: string }[]>`
      insert into public.characters (user_id, project_id, name)
      values (${film.userId}, ${film.projectId}, 'Mina') returning id`;
    const shot = {
      scene_id: sceneId,
      index: 1,
      camera: "Wide",
      action: "A boat",
      video_prompt: "It sails",
      character_ids: [mina?.id ?? "", crypto.randomUUID()],
    };
    const gone = { ...shot, scene_id: crypto.randomUUID() };
    await step(service, film.job, { frames: [shot, gone] });
    await step(service, film.job, { frames: [{ ...shot, action: "Another" }] });
    const state = await readProduction(service, film.job.id);
    const frames = state?.["frames"] as { id: string; action: string; character_ids: string[] }[];
    assert.deepEqual(
      frames.map(({ action, character_ids }) => [action, character_ids]),
      [["A boat", [mina?.id]]],
    );
    const id = frames[0]?.id ?? "";
    await step(service, film.job, { frames: [{ id, duration_sec: 4.5 }] });
    const [fitted] = await owner`select duration_sec from public.frames where id = ${id}`;
    assert.equal(fitted?.["duration_sec"], 4.5);
  }));

Deno.test("step_production() can't fit or add shots of another project", () =>
  withStudio(async (studio) => {
    const { owner, service, scene } = studio;
    const [film, other] = [await inProduction(studio), await inProduction(studio)];
    const sceneId = await scene(other.userId, other.projectId);
    const [frame] = await owner<{ id: string }[]>`
      insert into public.frames (user_id, project_id, scene_id, index, action)
      values (${other.userId}, ${other.projectId}, ${sceneId}, 1, 'Theirs') returning id`;
    const shot = { camera: "", action: "Mine", video_prompt: "", character_ids: [] };
    await step(service, film.job, {
      frames: [{ id: frame?.id ?? "", duration_sec: 9 }, { ...shot, scene_id: sceneId, index: 2 }],
    });
    const rows = await owner`
      select action, duration_sec from public.frames where scene_id = ${sceneId}`;
    assert.deepEqual(rows.map((row) => ({ ...row })), [{ action: "Theirs", duration_sec: null }]);
  }));

Deno.test("create_jobs() lets one production at a time work on a project", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const film = await inProduction(studio);
    const item = productionItem(film.projectId);
    const state = await refused(
      startProduction(service, film.userId, item),
      "PT409",
      "STATE_CONFLICT",
    );
    assert.equal(state["state"], "in production");
    await succeed(service, film.job, {});
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(() => startProduction(service, film.userId, item)),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  }, { sessions: 4 }));
