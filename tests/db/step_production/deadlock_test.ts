import assert from "node:assert/strict";
import postgres from "postgres";
import { withStudio } from "../database.ts";
import { cancel, fail, release, succeed } from "../engine.ts";
import { ledgerOf, untilWaiting } from "../looks.ts";
import {
  addCharacter,
  addImage,
  childItem,
  confirm,
  hold,
  inProduction,
  step,
} from "../productions.ts";

const ROUNDS = 25;
const IMAGE = { url: "https://a.test/a.jpg", width: 16, height: 9 };

/** Fails for a deadlock; anything else may be how the race went. */
function assertNoDeadlock(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    assert.ok(result.reason instanceof postgres.PostgresError, String(result.reason));
    assert.ok(
      result.reason.code.startsWith("PT"),
      `${result.reason.code} ${result.reason.message}`,
    );
  }
}

Deno.test("no deadlock: children are settled while a step runs, the cast is confirmed and the film is cancelled", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    for (let round = 0; round < ROUNDS; round++) {
      const film = await inProduction(studio, { budget: 100 });
      const imageId = await addImage(owner, film);
      await addCharacter(owner, { ...film, name: "Mina", imageId });
      const items = ["one", "two", "three", "four"].map((key) => childItem(key, film));
      const { started = [] } = await step(service, film.job, { items });
      const held = await Promise.all(started.map(({ id }) => hold(service, id)));
      // A project whose film was cut just now is begun again by the next charge: that writes its row.
      await owner`update public.projects set status = 'completed' where id = ${film.projectId}`;
      const more = ["five", "six"].map((key) => childItem(key, film));
      const results = await Promise.allSettled([
        ...held.map((job, at) => at % 2 === 0 ? succeed(service, job, IMAGE) : fail(service, job)),
        step(service, film.job, { items: more }),
        confirm(service, film.userId, { projectId: film.projectId }),
        step(service, film.job, { items: more }),
        ...(round % 2 === 0 ? [cancel(service, film.userId, film.job.id)] : []),
        release(service, film.job, { state: "waiting", delaySec: 60 }),
      ]);
      assertNoDeadlock(results);
      if (round % 2 === 0) {
        const left = await owner`
          select child_key from public.jobs
          where user_id = ${film.userId} and finished_at is null`;
        assert.deepEqual(
          left.map((row) => row["child_key"]),
          [],
          "nothing of a stopped film goes on",
        );
      }
      const { balance, sum } = await ledgerOf(owner, film.userId);
      assert.equal(balance, sum);
      const [row] = await owner<{ told: number; open: number }[]>`
        select p.open_children_count as told,
          (select count(*)::int from public.jobs c
            where c.parent_id = p.id and c.finished_at is null) as open
        from public.jobs p where p.id = ${film.job.id}`;
      assert.equal(row?.told, row?.open, "the parent counts its children right");
    }
  }, { sessions: 10 }));

Deno.test("no deadlock: confirming waits for nobody who waits for it", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    const imageId = await addImage(owner, film);
    await addCharacter(owner, { ...film, name: "Mina", imageId });
    await owner`update public.projects set status = 'completed' where id = ${film.projectId}`;
    // A step in the middle: it holds the production, and is about to write the project's row.
    let confirming: Promise<unknown> | undefined;
    await owner.begin(async (stepping) => {
      await stepping`select 1 from public.jobs where id = ${film.job.id} for update`;
      confirming = confirm(service, film.userId, { projectId: film.projectId });
      confirming.catch(() => {});
      await untilWaiting(owner, "confirm_characters");
      await stepping`set local lock_timeout = '3s'`;
      await stepping`
        update public.projects set status = 'in-progress' where id = ${film.projectId}`;
    });
    await confirming;
    const [character] = await owner`
      select confirmed_at from public.characters where project_id = ${film.projectId}`;
    assert.ok(character?.["confirmed_at"]);
  }));

Deno.test("cancel_job() ends the children that a step was starting just then, and refunds them", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const film = await inProduction(studio);
    let cancelling: ReturnType<typeof cancel> | undefined;
    await owner.begin(async (stepping) => {
      await stepping`select 1 from public.jobs where id = ${film.job.id} for update`;
      cancelling = cancel(service, film.userId, film.job.id);
      await untilWaiting(owner, "cancel_job");
      const items = ["one", "two"].map((key) => childItem(key, film));
      assert.equal((await step(stepping, film.job, { items })).started?.length, 2);
    });
    assert.equal((await cancelling)?.cancelled_count, 3);
    const left = await owner`
      select id from public.jobs where user_id = ${film.userId} and finished_at is null`;
    assert.equal(left.length, 0);
    assert.equal((await ledgerOf(owner, film.userId)).balance, 500);
  }));
