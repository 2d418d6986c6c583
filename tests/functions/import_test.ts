import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/contract/operations.ts";

// This file imports no function by itself: what its first import does has to be seen here.
Deno.test("promise 16: importing a function serves nothing, reads no variable, logs nothing and sends nothing", async () => {
  const done: string[] = [];
  const [read, serve, log] = [Deno.env.get, Deno.serve, console.log];
  const [fetch, timeout, interval] = [globalThis.fetch, setTimeout, setInterval];
  const note = (what: string) => () => {
    done.push(what);
    throw new Error(`An import must not ${what}`);
  };
  Deno.env.get = (variable) => {
    // Libraries ask for theirs: what counts is whether a file of ours does.
    if (new Error().stack?.includes("/supabase/functions/")) done.push(`read ${variable}`);
    return undefined;
  };
  Object.assign(Deno, { serve: note("serve") });
  console.log = note("log");
  globalThis.fetch = note("fetch");
  try {
    for (const name of Object.keys(OPERATIONS)) {
      const module: Record<string, unknown> = await import(
        `../../supabase/functions/${name}/index.ts`
      );
      assert.equal(typeof module["createHandler"], "function", name);
      const served = module["default"];
      assert.ok(typeof served === "object" && served !== null && "fetch" in served, name);
      assert.equal(typeof served.fetch, "function", name);
    }
  } finally {
    Deno.env.get = read;
    Object.assign(Deno, { serve });
    console.log = log;
    globalThis.fetch = fetch;
  }
  assert.deepEqual(done, []);
  assert.deepEqual([setTimeout, setInterval], [timeout, interval]);
});
