import assert from "node:assert/strict";
import { createJobWatch, type WatchedJob } from "../../supabase/local/film/job_watch.ts";

/** A job's row in a state. */
function job(id: string, state: string): WatchedJob {
  return { id, state };
}

const quick = { intervalMs: 1 };

Deno.test("createJobWatch() gives each job's row when that job has ended, well or badly", async () => {
  const states = new Map([["a", "queued"], ["b", "waiting"], ["c", "running"]]);
  const wait = createJobWatch(
    (ids) => Promise.resolve(ids.map((id) => job(id, states.get(id) ?? "queued"))),
    quick,
  );
  const [a, b, c] = [wait("a"), wait("b"), wait("c")];
  states.set("b", "failed");
  assert.equal((await b).state, "failed");
  states.set("a", "succeeded");
  assert.equal((await a).state, "succeeded");
  states.set("c", "cancelled");
  assert.equal((await c).state, "cancelled");
});

Deno.test("createJobWatch() asks for all open jobs in one look, and no longer for ended ones", async () => {
  const looks: string[] = [];
  let ended = "a";
  const wait = createJobWatch((ids) => {
    looks.push(ids.join());
    return Promise.resolve(ids.map((id) => job(id, ended.includes(id) ? "succeeded" : "queued")));
  }, quick);
  const both = [wait("a"), wait("b")] as const;
  await both[0];
  ended = "ab";
  await both[1];
  assert.equal(looks[0], "a,b");
  assert.deepEqual(new Set(looks.slice(1)), new Set(["b"]));
});

Deno.test("createJobWatch() looks again when a job is waited for after a pause", async () => {
  const wait = createJobWatch(
    (ids) => Promise.resolve(ids.map((id) => job(id, "succeeded"))),
    quick,
  );
  assert.equal((await wait("a")).id, "a");
  assert.equal((await wait("b")).id, "b");
});

Deno.test("createJobWatch() goes on after some failed looks and gives up after ten in a row", async () => {
  let looks = 0;
  const wait = createJobWatch((ids) => {
    looks += 1;
    return looks < 10
      ? Promise.reject(new Error("away"))
      : Promise.resolve(ids.map((id) => job(id, "succeeded")));
  }, quick);
  assert.equal((await wait("a")).state, "succeeded");

  const gone = createJobWatch(() => Promise.reject(new Error("gone")), quick);
  await assert.rejects(gone("a"), /gone/);
});

Deno.test("createJobWatch() rejects whatever is waited for when its signal is aborted", async () => {
  const stop = new AbortController();
  const wait = createJobWatch((ids) => Promise.resolve(ids.map((id) => job(id, "running"))), {
    ...quick,
    signal: stop.signal,
  });
  const waiting = [wait("a"), wait("b")];
  stop.abort();
  for (const one of waiting) await assert.rejects(one, { name: "AbortError" });
});
