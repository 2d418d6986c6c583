import assert from "node:assert/strict";
import { inputHash } from "../../../supabase/functions/_shared/production/input_hash.ts";
import { isStillValid } from "../../../supabase/functions/_shared/production/still_valid.ts";

const [one = "", other = ""] = ["a", "b"].map((text) => inputHash("model", { text }));
const AT = "2026-11-21T09:00:00+00:00";

Deno.test("isStillValid() takes what was made from the same, even when it was edited to and fro", () => {
  assert.ok(isStillValid({ input_hash: one, stale_at: null }, one));
  assert.ok(isStillValid({ input_hash: one, stale_at: AT }, one));
  assert.ok(!isStillValid({ input_hash: other, stale_at: null }, one));
});

Deno.test("isStillValid() takes what the user chose until something it shows changes", () => {
  assert.ok(isStillValid({ input_hash: null, stale_at: null }, one));
  assert.ok(!isStillValid({ input_hash: null, stale_at: AT }, one));
});

Deno.test("inputHash() tells models and requests apart", () => {
  assert.match(one, /^[0-9a-f]{64}$/);
  assert.equal(inputHash("model", { text: "a" }), one);
  assert.notEqual(inputHash("another", { text: "a" }), one);
  assert.notEqual(other, one);
});
