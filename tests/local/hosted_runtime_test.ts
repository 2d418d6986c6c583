import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/contract/operations.ts";

/** Hosted Edge Functions are compatible with this one (supabase/edge-runtime 1.74, read 2026-11). */
const HOSTED_DENO = "deno@2.1.4";

Deno.test("every function loads under the hosted runtime's Deno and refuses a call without a token", async () => {
  const root = new URL("../../", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command("npx", {
    // The lock file is of a newer format than this Deno reads.
    args: ["-y", HOSTED_DENO, "run", "-A", "--no-lock", "tests/fixtures/load_functions.ts"],
    cwd: root,
    stdin: "null",
    env: {
      NO_COLOR: "1",
      // Packages are fetched through whatever the machine trusts, such as a company's proxy.
      DENO_TLS_CA_STORE: "mozilla,system",
      SUPABASE_URL: "http://127.0.0.1:1",
      SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_test"}',
      SUPABASE_SECRET_KEYS: '{"default":"sb_secret_test"}',
      SUPABASE_JWKS: '{"keys":[]}',
    },
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.startsWith('{"loaded"')).map((line) => JSON.parse(line));
  const problems = new TextDecoder().decode(stderr);
  assert.equal(lines.length, Object.keys(OPERATIONS).length, problems);
  for (const { loaded, caller, status, cors, code } of lines) {
    // Providers show a token of ours instead: without one there is nothing to be found.
    const expected = caller === "provider" ? [404, "NOT_FOUND"] : [401, "UNAUTHENTICATED"];
    assert.deepEqual([status, code], expected, loaded);
    assert.equal(cors, "*", loaded);
  }
});
