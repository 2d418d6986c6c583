import assert from "node:assert/strict";
import { generateTypes, runAdvisors } from "../supabase_cli.ts";

const databaseUrl = () => {
  const url = Deno.env.get("DATABASE_URL");
  if (url === undefined) throw new Error("Set DATABASE_URL, or run: deno task test");
  return url;
};

Deno.test("database.types.ts is what the Supabase CLI generates from the migrations", async () => {
  const committed = await Deno.readTextFile(
    new URL("../../shared/database.types.ts", import.meta.url),
  );
  assert.equal(await generateTypes(databaseUrl()), committed, "run: deno task types");
});

Deno.test("promise 19: the database advisors find nothing at warn or above", async () => {
  await runAdvisors(databaseUrl());
});
