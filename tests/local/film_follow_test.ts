import assert from "node:assert/strict";
import { follow } from "../../supabase/local/film/follow.ts";

const quick = { intervalMs: 1 };

Deno.test("follow() tells each look and gives the first that is the last", async () => {
  let count = 0;
  const told: number[] = [];
  const last = await follow(() => Promise.resolve(++count), {
    ...quick,
    isLast: (look) => look === 3,
    onLook: (look) => told.push(look),
  });
  assert.equal(last, 3);
  assert.deepEqual(told, [1, 2, 3]);
  assert.equal(count, 3, "it looked again for nothing");
});

Deno.test("follow() goes on after some failed looks and gives up after ten in a row", async () => {
  let looks = 0;
  const away = () => {
    looks += 1;
    return looks % 10 === 0 ? Promise.resolve(looks) : Promise.reject(new Error("away"));
  };
  assert.equal(await follow(away, { ...quick, isLast: (look) => look === 20 }), 20);
  const gone = () => Promise.reject(new Error("gone"));
  await assert.rejects(follow(gone, { ...quick, isLast: () => true }), /gone/);
});

Deno.test("follow() rejects with the signal's reason, between looks and in them", async () => {
  const reason = new Error("enough");
  for (const look of [() => Promise.resolve(0), () => Promise.reject(new Error("away"))]) {
    const stop = new AbortController();
    const following = follow(look, {
      intervalMs: 60_000,
      isLast: () => false,
      signal: stop.signal,
    });
    stop.abort(reason);
    await assert.rejects(following, (error) => error === reason);
  }
});
