import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGemini } from "../../supabase/functions/_shared/providers/gemini.ts";
import { createGeminiImage } from "../../supabase/functions/_shared/providers/gemini_image.ts";
import { createKeyRing, keyHash } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { type Served, serveSimulator } from "./harness.ts";

const KEYS = ["key-one", "key-two", "key-three"];
const [ONE, TWO, THREE] = KEYS as [string, string, string];

const REQUEST = {
  model: "gemini-3.8-flash",
  schema: z.object({ title: z.string() }),
  system: "You name films.",
  prompt: "A fox who learns to paint",
};

const PICTURE = { endpoint: "gemini-nano-banana-2.1", prompt: "A fox", aspectRatio: "1:1" };

/** 2026-11-21 20:00 in California (UTC-8): four hours before its midnight. */
const EVENING = Date.parse("2026-11-22T04:00:00Z");

async function setUp(apiKeys: readonly string[] = KEYS) {
  const served = await serveSimulator("gemini", createGeminiSimulator);
  const clock = { now: EVENING };
  const now = () => clock.now;
  const keys = createKeyRing(now);
  // Adapters are made anew for every job: only the ring stays.
  const ask = (model = REQUEST.model) =>
    createGemini({ apiKeys, baseUrl: served.url, log: served.log, keys, now })
      .generateObject({ ...REQUEST, model });
  return { served, clock, ask, keys, now };
}

/** Plays a fault for one key only. */
async function faultOf(served: Served, key: string, kind: string, more = {}) {
  served.fault(kind, { matching: await keyHash(key), ...more });
}

/** How many calls came with each key. */
async function callsByKey(served: Served): Promise<number[]> {
  const hashes = await Promise.all(KEYS.map(keyHash));
  return hashes.map((hash) => served.calls.filter((call) => call.keyHash === hash).length);
}

const limited = (seconds: number) => (error: unknown) => {
  assert.ok(error instanceof AppError);
  assert.equal(error.code, "PROVIDER_RATE_LIMITED");
  assert.equal(error.retryAfterSeconds, seconds);
  return true;
};

Deno.test("generateObject() loses no request when one key is limited for the minute and one for the day", async () => {
  const { served, clock, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day");
  await faultOf(served, TWO, "rate_limited", { delayMs: 30_000 });
  for (let minute = 0; minute < 12; minute++) {
    assert.ok((await ask()).title);
    // 20 s on: the second key's rest of 30 s is over at every other request.
    clock.now += 20_000;
  }
  const [one = 0, two = 0, three = 0] = await callsByKey(served);
  assert.equal(one, 1, "the key of the day is never used again");
  assert.equal(two, 6, "the key of the minute is looked at again when its rest is over");
  assert.equal(three, 12, "the third key does all the work");
});

Deno.test("generateObject() loses no request in a whole day, and asks the exhausted key once", async () => {
  const { served, clock, ask } = await setUp();
  await using _ = served;
  // From midnight to midnight in California, a request every ten minutes.
  clock.now = Date.parse("2026-11-21T08:00:00Z");
  await faultOf(served, ONE, "quota_day");
  await faultOf(served, TWO, "rate_limited", { delayMs: 30 * 60_000 });
  const requests = 24 * 6;
  for (let at = 0; at < requests; at++) {
    assert.ok((await ask()).title);
    clock.now += 10 * 60_000;
  }
  const [one, two, three] = await callsByKey(served);
  assert.deepEqual([one, two, three], [1, requests / 3, requests]);
  await ask();
  assert.equal((await callsByKey(served))[0], 2, "the next day it is looked at again");
});

Deno.test("generateObject() passes a key by that a request beside it has used up meanwhile", async () => {
  const { served, now, keys } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "rate_limited");
  await faultOf(served, TWO, "quota_day");
  const held = Promise.withResolvers<void>();
  const model = (holdsFirst: boolean) => {
    let calls = 0;
    return createGemini({
      apiKeys: KEYS,
      baseUrl: served.url,
      log: served.log,
      keys,
      now,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (holdsFirst && calls++ === 0) await held.promise;
        return response;
      },
    }).generateObject(REQUEST);
  };
  const late = model(true);
  // The other one asks all three while the first one's refusal is on its way.
  await model(false);
  held.resolve();
  assert.ok((await late).title);
  const [, two, three] = await callsByKey(served);
  assert.deepEqual([two, three], [1, 2]);
});

Deno.test("submit() draws with the keys that are left, by the same ring as the texts", async () => {
  const { served, now, keys, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day");
  await faultOf(served, TWO, "bad_key");
  const draw = () =>
    createGeminiImage({ apiKeys: KEYS, baseUrl: served.url, log: served.log, keys, now })
      .submit(PICTURE);
  await ask();
  assert.equal((await draw()).outcome, "finished");
  assert.equal((await draw()).outcome, "finished");
  // Quotas are counted by model, so that each finds out for itself; a refused key is refused for all.
  assert.deepEqual(await callsByKey(served), [2, 1, 3]);
});

Deno.test("generateObject() uses a key of the day again after midnight in California, and not before", async () => {
  const { served, clock, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day", { times: 1 });
  await ask();
  clock.now += 4 * 3600_000 - 1000;
  await ask();
  assert.deepEqual(await callsByKey(served), [1, 2, 0]);
  clock.now += 1000;
  await ask();
  assert.deepEqual(await callsByKey(served), [2, 2, 0]);
});

Deno.test("generateObject() lets a key without any quota alone until midnight", async () => {
  const { served, clock, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_zero");
  await ask();
  clock.now += 3 * 3600_000;
  await ask();
  assert.deepEqual(await callsByKey(served), [1, 2, 0]);
});

Deno.test("generateObject() throws PROVIDER_RATE_LIMITED with the shortest wait when all keys rest, and asks nobody", async () => {
  const { served, clock, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day");
  await faultOf(served, TWO, "rate_limited", { delayMs: 30_000 });
  await faultOf(served, THREE, "rate_limited", { delayMs: 9_000 });
  await assert.rejects(ask(), limited(9));
  clock.now += 4_000;
  await assert.rejects(ask(), limited(5));
  assert.deepEqual(await callsByKey(served), [1, 1, 1]);
});

Deno.test("generateObject() throws PROVIDER_REJECTED when no key has any quota for the model", async () => {
  const { served, ask } = await setUp();
  await using _ = served;
  served.fault("quota_zero");
  const rejected = (error: unknown) =>
    error instanceof AppError && error.code === "PROVIDER_REJECTED";
  await assert.rejects(ask(), rejected);
  await assert.rejects(ask(), rejected);
  assert.deepEqual(await callsByKey(served), [1, 1, 1]);
});

Deno.test("generateObject() counts quotas for each model apart", async () => {
  const { served, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day", { times: 1 });
  await ask();
  await ask("gemini-3.5-flash-lite");
  assert.deepEqual(await callsByKey(served), [2, 1, 0]);
});

Deno.test("generateObject() passes a refused key by, and tries it last for ten minutes", async () => {
  const { served, clock, ask } = await setUp(["invalid-key", ONE]);
  await using _ = served;
  const invalid = await keyHash("invalid-key");
  const triesOfInvalid = () => served.calls.filter((call) => call.keyHash === invalid).length;
  await ask();
  await ask();
  assert.equal(triesOfInvalid(), 1);
  await faultOf(served, ONE, "rate_limited", { times: 1, delayMs: 1000 });
  await assert.rejects(ask(), limited(1));
  assert.equal(triesOfInvalid(), 2);
  clock.now += 10 * 60_000;
  await ask();
  assert.equal(triesOfInvalid(), 3);
});

Deno.test("generateObject() loses no request when many come at once", async () => {
  const { served, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day");
  await faultOf(served, TWO, "rate_limited", { delayMs: 30_000 });
  await Promise.all(Array.from({ length: 20 }, () => ask()));
  const [, , three] = await callsByKey(served);
  assert.equal(three, 20);
});

Deno.test("generateObject() logs the hash of a key that rests, never the key", async () => {
  const { served, ask } = await setUp();
  await using _ = served;
  await faultOf(served, ONE, "quota_day");
  await ask();
  const rest = served.lines.find((line) => line["event"] === "gemini_key_rests");
  assert.equal(rest?.["key"], await keyHash(ONE));
  assert.equal(rest?.["seconds"], 4 * 3600);
  assert.doesNotMatch(JSON.stringify([served.lines, served.calls]), /key-(one|two|three)/);
});
