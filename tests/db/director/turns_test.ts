import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import { refused } from "../looks.ts";

/** Runs as a signed-in user, in a transaction of its own. */
async function asUser<T>(
  { owner }: Studio,
  userId: string,
  work: (session: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const result = await owner.begin(async (transaction) => {
    const claims = JSON.stringify({ sub: userId, role: "authenticated" });
    await transaction`select set_config('request.jwt.claims', ${claims}, true),
      set_config('role', 'authenticated', true)`;
    return [await work(transaction)];
  });
  return result[0] as T;
}

async function begin(studio: Studio, userId: string, projectId: string, replaces = false) {
  return await asUser(studio, userId, async (session) => {
    const [row] = await session`
      select public.begin_director_turn(${projectId}, 'project', 'Hello', ${replaces}) as turn`;
    return row?.["turn"];
  });
}

Deno.test("begin_director_turn() gives state, history before this turn, and the directors of the catalogue", () =>
  withStudio(async (studio) => {
    const { service } = studio;
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    await studio.scene(userId, projectId);
    const first = await begin(studio, userId, projectId);
    assert.deepEqual(first.history, []);
    assert.deepEqual(first.state.scenes.map(({ scene }: { scene: number }) => scene), [1]);
    assert.deepEqual(
      first.models.map((
        { id, price, is_default }: Record<string, unknown>,
      ) => [id, price, is_default]),
      [["director-gemini", 0, true], ["director-openai", 0, false]],
    );
    const parts = [
      { type: "tool-read_project", output: "a lot" },
      { type: "text", text: "Good day." },
      { type: "data-proposal", data: { title: "Cut the film" } },
    ];
    await service`select public.finish_director_turn(
      ${userId}, ${projectId}, gen_random_uuid(), 'project', ${service.json(parts)}, 1, 1)`;
    const second = await begin(studio, userId, projectId);
    assert.deepEqual(second.history, [
      { role: "user", text: "Hello" },
      { role: "assistant", text: "Good day.\n[proposed: Cut the film]" },
    ]);
    const anew = await begin(studio, userId, projectId, true);
    assert.deepEqual(anew.history, second.history, "the turn that is replaced is gone");
  }));

Deno.test("promise 15: begin_director_turn() is for one's own projects that are not deleted", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const [userId, strangerId] = [await studio.user(), await studio.user()];
    const projectId = await studio.project(userId);
    await refused(begin(studio, strangerId, projectId), "PT404", "NOT_FOUND");
    await owner`update public.projects set deleted_at = now() where id = ${projectId}`;
    await refused(begin(studio, userId, projectId), "PT404", "NOT_FOUND");
    const [count] = await owner`
      select count(*)::int as messages from public.director_messages where project_id = ${projectId}`;
    assert.equal(count?.["messages"], 0);
  }));

Deno.test("begin_director_turn() lets ten of thirty turns pass that come at once", () =>
  withStudio(async (studio) => {
    const userId = await studio.user();
    const projectId = await studio.project(userId);
    const outcomes = await Promise.all(
      Array.from(
        { length: 30 },
        () =>
          begin(studio, userId, projectId).then(() => "", (error: postgres.PostgresError) => {
            assert.equal(error.code, "PT429");
            return error.message;
          }),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "").length, 10);
    assert.deepEqual([...new Set(outcomes)].sort(), ["", "RATE_LIMITED"]);
    await refused(begin(studio, userId, projectId, true), "PT429", "RATE_LIMITED");
  }));

Deno.test("finish_director_turn() keeps an answer once, and in its user's project alone", () =>
  withStudio(async (studio) => {
    const { owner, service } = studio;
    const [userId, strangerId] = [await studio.user(), await studio.user()];
    const projectId = await studio.project(userId);
    const id = crypto.randomUUID();
    for (const who of [strangerId, userId, userId]) {
      await service`select public.finish_director_turn(
        ${who}, ${projectId}, ${id}, 'project', '[]', 1, 1)`;
    }
    const kept = await owner`
      select user_id from public.director_messages where project_id = ${projectId}`;
    assert.deepEqual(kept.map((row) => row["user_id"]), [userId]);
  }));

Deno.test("promise 15: reorder_scenes() numbers one's own scenes, all of them, and no other's", () =>
  withStudio(async (studio) => {
    const { owner } = studio;
    const [userId, strangerId] = [await studio.user(), await studio.user()];
    const projectId = await studio.project(userId);
    const ids = [];
    for (const index of [1, 2, 3]) ids.push(await studio.scene(userId, projectId, index));
    const reorder = (who: string, order: readonly string[]) =>
      asUser(studio, who, async (session) => {
        await session`select public.reorder_scenes(${projectId}, ${[...order]})`;
      });
    await refused(reorder(strangerId, ids), "PT409", "STATE_CONFLICT");
    await refused(reorder(userId, ids.slice(1)), "PT409", "STATE_CONFLICT");
    await refused(reorder(userId, [...ids, ids[0] ?? ""]), "PT409", "STATE_CONFLICT");
    await reorder(userId, ids.toReversed());
    const rows = await owner`
      select id from public.scenes where project_id = ${projectId} order by index`;
    assert.deepEqual(rows.map(({ id }) => id), ids.toReversed());
  }));
