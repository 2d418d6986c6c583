import assert from "node:assert/strict";
import fc from "fast-check";
import { fingerprint, sha256Hex } from "../../supabase/functions/_shared/idempotency.ts";

/** The same value with the fields of every object in another order. */
function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((inner) => shuffled(inner, seed));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) =>
    [key, shuffled(inner, seed)] as const
  );
  const turn = entries.length === 0 ? 0 : seed % entries.length;
  return Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)].reverse());
}

Deno.test("promise 2: fingerprint() is the same for any order of the fields, at any depth", async () => {
  const same = await Promise.all([
    fingerprint("generate-script", { prompt: "A boat", options: { tone: "warm", model: "x" } }),
    fingerprint("generate-script", { options: { model: "x", tone: "warm" }, prompt: "A boat" }),
  ]);
  assert.equal(same[0], same[1]);
  await fc.assert(fc.asyncProperty(fc.jsonValue(), fc.nat(), async (body, seed) => {
    assert.equal(await fingerprint("x", body), await fingerprint("x", shuffled(body, seed)));
  }));
});

Deno.test("promise 2: fingerprint() differs for another operation, value, order of a list or missing field", async () => {
  const bodies: [string, unknown][] = [
    ["generate-video", { ids: ["a", "b"] }],
    ["generate-image", { ids: ["a", "b"] }],
    ["generate-video", { ids: ["b", "a"] }],
    ["generate-video", { ids: ["a", "b"], prompt: "x" }],
    ["generate-video", { ids: ["a", "b"], prompt: "" }],
    ["generate-video", { ids: ["a", "b"], prompt: null }],
    ["generate-video", { ids: { 0: "a", 1: "b" } }],
    ["generate-video", { ids: "a,b" }],
  ];
  const prints = await Promise.all(bodies.map(([operation, body]) => fingerprint(operation, body)));
  assert.equal(new Set(prints).size, bodies.length);
  for (const print of prints) assert.match(print, /^[0-9a-f]{64}$/);
});

Deno.test("sha256Hex() hashes a text's UTF-8", async () => {
  // FIPS 180-2, appendix B.1.
  assert.equal(
    await sha256Hex("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
