import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/mod.ts";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import { purgeProjects } from "../../supabase/functions/_shared/purge_projects.ts";
import { createFakeApi, FakeSqlError, type RpcArgs, type RpcHandler } from "../fakes/fake_api.ts";
import { FAKE_URL } from "../fakes/fake_keys.ts";

/** One tick over folders that are due; Storage holds `files`, or is down. Gives what was called, and the log. */
async function tick(
  due: string[],
  { files, budgetMs = 60_000, expire = () => 0, places = [] }: {
    files: string[] | "down";
    budgetMs?: number;
    expire?: RpcHandler;
    places?: { place_id: string; path: string }[];
  },
) {
  const finished: RpcArgs[] = [];
  const listed: string[] = [];
  const removed: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const api = createFakeApi({
    delete_expired_projects: expire,
    expired_upload_places: () => places.slice(0, 2),
    forget_upload_places: ({ p_place_ids }) => {
      places = places.filter(({ place_id }) => !(p_place_ids as string[]).includes(place_id));
      return null;
    },
    claim_storage_purges: () => due.splice(0, 1),
    finish_storage_purge: (args) => {
      finished.push(args);
      return false;
    },
  });
  const client = createClient<Database>(FAKE_URL, "sb_secret_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (input, init) => {
        const request = new Request(input, init);
        if (!request.url.includes("/storage/v1/")) return await api.fetch(request);
        if (files === "down") return Response.json({ message: "down" }, { status: 503 });
        const { prefixes } = await request.json();
        if (request.method !== "DELETE") {
          listed.push(new URL(request.url).pathname.split("/").at(-1) ?? "");
          return Response.json(files.map((name) => ({ name, id: name })));
        }
        const bucket = new URL(request.url).pathname.split("/").at(-1);
        removed.push(...prefixes.map((name: string) => `${bucket}: ${name}`));
        return Response.json(prefixes.map((name: string) => ({ name })));
      },
    },
  });
  const log = createLog({}, (line) => lines.push(JSON.parse(line)));
  await purgeProjects(client, { bucket: "aiauto", budgetMs, log });
  return { finished, lines, listed, removed, places, calls: api.calls.map(({ name }) => name) };
}

Deno.test("purgeProjects() deletes rows until none is due, then empties one folder after the other", async () => {
  let batches = 2;
  const { finished, calls } = await tick(["projects/a", "projects/b"], {
    files: ["x.mp4", "y.mp4"],
    expire: () => batches-- > 0 ? 50 : 0,
  });
  assert.equal(calls.filter((name) => name === "delete_expired_projects").length, 3);
  assert.deepEqual(
    finished,
    ["projects/a", "projects/b"].map((p_prefix) => ({
      p_prefix,
      p_removed_count: 2,
      p_is_empty: true,
    })),
  );
});

Deno.test("purgeProjects() notes why a folder could not be emptied, and goes on with the next", async () => {
  const { finished, lines } = await tick(["projects/a", "projects/b"], { files: "down" });
  assert.equal(finished.length, 2);
  for (const pass of finished) {
    assert.equal(pass["p_is_empty"], false);
    assert.match(String(pass["p_error"]), /Storage refused/);
  }
  assert.equal(lines.filter(({ event }) => event === "folder_not_emptied").length, 2);
});

Deno.test("purgeProjects() begins nothing after its budget, and a database that fails is logged, not thrown", async () => {
  const { calls } = await tick(["projects/a"], { files: [], budgetMs: 0 });
  assert.deepEqual(calls, []);
  const { lines, finished } = await tick(["projects/a"], {
    files: [],
    expire: () => {
      throw new FakeSqlError("53300", "too many connections");
    },
  });
  assert.deepEqual(lines.map(({ event }) => event), ["purge_failed"]);
  assert.deepEqual(finished, []);
});

Deno.test("purgeProjects() empties what a user sent and nobody took over, in the bucket of such pictures", async () => {
  const { finished, listed } = await tick(["uploads/a", "projects/b"], { files: [] });
  assert.deepEqual(listed, ["uploads", "aiauto"]);
  assert.deepEqual(finished.map(({ p_prefix }) => p_prefix), ["uploads/a", "projects/b"]);
});

Deno.test("purgeProjects() removes what lies at places nobody came back to, batch by batch, and forgets them", async () => {
  const places = ["a", "b", "c"].map((id) => ({ place_id: id, path: `user/${id}` }));
  const { removed, places: left } = await tick([], { files: [], places });
  assert.deepEqual(removed, ["uploads: user/a", "uploads: user/b", "uploads: user/c"]);
  assert.deepEqual(left, []);
});

Deno.test("purgeProjects() forgets no place whose file Storage did not remove, and goes on with folders", async () => {
  const places = [{ place_id: "a", path: "user/a" }];
  const pass = await tick(["projects/a"], { files: "down", places });
  assert.deepEqual(pass.places, places);
  assert.ok(pass.lines.some(({ event }) => event === "untaken_not_removed"));
  assert.equal(pass.finished.length, 1);
});
