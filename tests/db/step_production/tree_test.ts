import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { cancel, claim, expire, fail, release, succeed } from "../engine.ts";
import { backdate, ledgerOf, readJob, refused } from "../looks.ts";
import {
  childItem,
  hold,
  inProduction,
  productionItem,
  readProduction,
  startProduction,
  step,
} from "../productions.ts";

const IMAGE = { url: "https://a.test/a.jpg", width: 16, height: 9 };

/** How a child may end. */
const ENDS = ["succeeds", "fails", "is cancelled", "expires"] as const;

for (const end of ENDS) {
  Deno.test(`a waiting production is due at once when a child ${end}`, () =>
    withStudio(async (studio) => {
      const { owner, service } = studio;
      const film = await inProduction(studio);
      const items = ["one", "two"].map((key) => childItem(key, film));
      const [one] = (await step(service, film.job, { items })).started ?? [];
      await release(service, film.job, { state: "waiting", delaySec: 600 });
      const before = await readJob(owner, film.job.id);
      const id = one?.id ?? "";
      if (end === "succeeds") await succeed(service, await hold(service, id), IMAGE);
      else if (end === "fails") await fail(service, await hold(service, id));
      else if (end === "is cancelled") await cancel(service, film.userId, id);
      else {
        await backdate(owner, id, "deadline_at");
        await expire(service);
      }
      const after = await readJob(owner, film.job.id);
      assert.ok(after.run_at < before.run_at && after.run_at <= new Date());
      assert.deepEqual([after.state, after.open_children_count], ["waiting", 1]);
      assert.equal((await claim(service, { kinds: ["production"], limit: 9 })).length, 1);
    }));
}

Deno.test("a production that is running when a child ends is due again as soon as it waits", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const [one] = (await step(service, film.job, { items: [childItem("one", film)] })).started ??
      [];
    await succeed(service, await hold(service, one?.id ?? ""), IMAGE);
    assert.equal((await readJob(owner, film.job.id)).state, "running");
    await release(service, film.job, { state: "waiting", delaySec: 600 });
    assert.ok((await readJob(owner, film.job.id)).run_at <= new Date());
  }));

Deno.test("a production that has ended sleeps on when a child of it ends", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const [one] = (await step(service, film.job, { items: [childItem("one", film)] })).started ??
      [];
    await fail(service, film.job);
    await succeed(service, await hold(service, one?.id ?? ""), IMAGE);
    const parent = await readJob(owner, film.job.id);
    assert.deepEqual([parent.state, parent.open_children_count], ["failed", 0]);
  }));

Deno.test("cancel_job() of a production ends the tree, refunds what was not delivered, and no step adds to it", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const items = ["one", "two", "three"].map((key) => childItem(key, film));
    const [one, two] = (await step(service, film.job, { items })).started ?? [];
    await succeed(service, await hold(service, one?.id ?? ""), IMAGE);
    await hold(service, two?.id ?? "");
    const { cancelled_count, balance } = await cancel(service, film.userId, film.job.id);
    assert.deepEqual([cancelled_count, balance], [3, 497]);
    const more = { items: [childItem("four", film)] };
    assert.deepEqual(await step(service, film.job, more), { decision: "lost" });
    const states = await owner<{ state: string }[]>`
      select state from public.jobs where user_id = ${film.userId} order by state`;
    assert.deepEqual(states.map(({ state }) => state), [
      "cancelled",
      "cancelled",
      "cancelled",
      "succeeded",
    ]);
    assert.deepEqual((await ledgerOf(owner, film.userId)).sum, 497);
  }));

Deno.test("a script that a production wrote gives it its project, in one transaction", () =>
  withStudio(async (studio) => {
    const { owner, service, user, model } = studio;
    const userId = await user();
    const job = await hold(
      service,
      await startProduction(service, userId, productionItem(null, { prompt: "A boat" })),
    );
    const modelId = await model({ kind: "script" });
    const script = {
      kind: "script",
      child_key: "script",
      project_id: null,
      model_id: modelId,
      units: 1,
      deadline_sec: 300,
      payload: {
        platform: "youtube",
        category: "story",
        tone: "warm",
        target_length: 15,
        language: "en-US",
      },
      asset: null,
    };
    const [child] = (await step(service, job, { stage: "script", items: [script] })).started ?? [];
    const scene = { title: "Dusk", text: "It sails.", plot: "A boat" };
    await succeed(service, await hold(service, child?.id ?? ""), {
      title: "A film",
      description: "Of a boat",
      scenes: [scene, scene],
    });
    const { project_id } = await readJob(owner, job.id);
    assert.ok(project_id);
    const state = await readProduction(service, job.id);
    assert.equal((state?.["project"] as { id: string }).id, project_id);
    assert.equal((state?.["scenes"] as unknown[]).length, 2);
  }));

Deno.test("retry-job of a production: once at a time, only its newest try, and not after it was made", () =>
  withStudio(async (studio) => {
    const { service, user } = studio;
    const userId = await user();
    // Without a project there is nothing else to tell that the work was done since.
    const first = await hold(
      service,
      await startProduction(service, userId, productionItem(null, { prompt: "A boat" })),
    );
    const retry = (id: string) => startProduction(service, userId, { retry_of: id });
    await refused(retry(first.id), "PT409", "STATE_CONFLICT");
    await fail(service, first);
    const results = await Promise.allSettled([1, 2, 3].map(() => retry(first.id)));
    const made = results.filter((result) => result.status === "fulfilled");
    assert.equal(made.length, 1);
    const second = await hold(service, made[0]?.value ?? "");
    assert.deepEqual(second.payload, first.payload);
    await refused(retry(first.id), "PT409", "STATE_CONFLICT");
    await fail(service, second);
    await refused(retry(first.id), "PT409", "STATE_CONFLICT");
    const third = await hold(service, await retry(second.id));
    await succeed(service, third, {});
    await refused(retry(second.id), "PT409", "STATE_CONFLICT");
    await refused(retry(third.id), "PT409", "STATE_CONFLICT");
    await refused(
      startProduction(service, await user(), { retry_of: second.id }),
      "PT404",
      "NOT_FOUND",
    );
  }, { sessions: 3 }));

Deno.test("retry-job of a child leaves its dead parent alone, and the next try finds what it made", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const [one] = (await step(service, film.job, { items: [childItem("one", film)] })).started ??
      [];
    await fail(service, await hold(service, one?.id ?? ""));
    await fail(service, film.job);
    const again = await hold(
      service,
      await startProduction(service, film.userId, { retry_of: one?.id ?? "" }),
    );
    assert.deepEqual([again.parent_id, again.child_key], [null, null]);
    await succeed(service, again, IMAGE);
    assert.equal((await readJob(owner, film.job.id)).state, "failed");
    const state = await readProduction(service, film.job.id);
    assert.equal((state?.["images"] as unknown[]).length, 1);
  }));

Deno.test("read_production() gives ready assets newest first, the children, and nothing of others", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const [film, other] = [await inProduction(studio), await inProduction(studio)];
    const items = (of: typeof film) => ({ items: ["one", "two"].map((key) => childItem(key, of)) });
    const [one, two] = (await step(service, film.job, items(film))).started ?? [];
    await step(service, other.job, items(other));
    await succeed(service, await hold(service, one?.id ?? ""), IMAGE);
    await fail(service, await hold(service, two?.id ?? ""), "CONTENT_REFUSED");
    const state = await readProduction(service, film.job.id);
    const children = state?.["children"] as { child_key: string; state: string; error: unknown }[];
    assert.deepEqual(
      children.map(({ child_key, state, error }) => [child_key, state, error]),
      [["one", "succeeded", null], [
        "two",
        "failed",
        { code: "CONTENT_REFUSED", message: "It went wrong" },
      ]],
    );
    assert.equal((state?.["images"] as unknown[]).length, 1, "the ready one");
    assert.equal((state?.["settings"] as { user_id: string }).user_id, film.userId);
    assert.equal(await readProduction(service, crypto.randomUUID()), null);
  }));
