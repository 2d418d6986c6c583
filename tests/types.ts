/**
 * `deno task types`: writes shared/database.types.ts from the migrations.
 *
 * @module
 */
import { startStack } from "../supabase/local/stack.ts";
import { generateTypes } from "./supabase_cli.ts";

const dir = await Deno.makeTempDir({ prefix: "studio-types-" });
const stack = await startStack({
  dir,
  workers: 0,
  cron: false,
  ports: { api: 0, postgres: 0, providers: 0 },
});
try {
  await Deno.writeTextFile(
    new URL("../shared/database.types.ts", import.meta.url),
    await generateTypes(stack.databaseUrl),
  );
} finally {
  await stack.stop();
  await Deno.remove(dir, { recursive: true });
}
