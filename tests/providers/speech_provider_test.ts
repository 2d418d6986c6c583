import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGoogleTts } from "../../supabase/functions/_shared/providers/google_tts.ts";
import {
  assertVoiceExists,
  createVoiceShelf,
} from "../../supabase/functions/_shared/providers/speech_provider.ts";
import {
  createGoogleTtsSimulator,
  serviceAccountJson,
} from "../../supabase/local/providers/google_tts.ts";
import { serveSimulator } from "./harness.ts";

const HOUR_MS = 3600_000;

async function setUp() {
  const served = await serveSimulator("google_tts", createGoogleTtsSimulator);
  const json = await serviceAccountJson(served.url);
  const create = () =>
    createGoogleTts({ serviceAccountJson: json, baseUrl: served.url, log: served.log });
  const clock = { now: 0 };
  const shelf = createVoiceShelf(() => clock.now);
  return {
    served,
    clock,
    shelf,
    list: () => shelf.get(() => create().listVoices()),
    check: (voiceId: string, timeoutMs?: number) =>
      assertVoiceExists(voiceId, {
        log: served.log,
        create,
        shelf,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
    asks: () => served.calls.filter((call) => call.operation === "list_voices").length,
  };
}

Deno.test("createVoiceShelf() asks once for callers at the same time, and again after an hour", async () => {
  const { served, clock, list, asks } = await setUp();
  await using _ = served;
  await Promise.all([list(), list(), list()]);
  clock.now = HOUR_MS - 1;
  await list();
  assert.equal(asks(), 1);
  clock.now = HOUR_MS;
  await list();
  assert.equal(asks(), 2);
});

Deno.test("createVoiceShelf() keeps no failure, and gives an old list rather than none", async () => {
  const { served, clock, list, asks } = await setUp();
  await using _ = served;
  served.fault("http_503", { operation: "list_voices", times: 1 });
  await assert.rejects(list(), (error) => error instanceof AppError);
  const voices = await list();
  clock.now = 2 * HOUR_MS;
  served.fault("http_503", { operation: "list_voices", times: 1 });
  assert.deepEqual(await list(), voices);
  await list();
  assert.equal(asks(), 4);
});

Deno.test("assertVoiceExists() passes voices there are, and asks nothing for our own defaults", async () => {
  const { served, check, asks } = await setUp();
  await using _ = served;
  await check("ko-KR-Neural2-A");
  assert.equal(asks(), 0);
  await check("en-GB-Studio-C");
  await check("ja-JP-Chirp3-HD-Puck");
  assert.equal(asks(), 1);
});

Deno.test("assertVoiceExists() throws MODEL_INPUT_INVALID with the language's voices when there is none", async () => {
  const { served, check } = await setUp();
  await using _ = served;
  await assert.rejects(check("fr-FR-Neural2-Z"), (error) => {
    assert.ok(error instanceof AppError && error.code === "MODEL_INPUT_INVALID");
    const { field, allowed } = error.details as { field: string; allowed: string[] };
    assert.equal(field, "voice_id");
    assert.ok(allowed.includes("fr-FR-Studio-A"));
    return allowed.every((voiceId) => voiceId.startsWith("fr-FR-"));
  });
});

Deno.test("assertVoiceExists() lets any voice pass when the list can't be had, and says so", async () => {
  const { served, check } = await setUp();
  await using _ = served;
  served.fault("http_503", { operation: "list_voices" });
  await check("fr-FR-Neural2-Z");
  assert.ok(served.lines.some((line) => line["event"] === "voice_not_checked"));
});

Deno.test("assertVoiceExists() throws PROVIDER_NOT_CONFIGURED for every voice when there is no key", async () => {
  const { served, shelf } = await setUp();
  await using _ = served;
  const create = () => {
    throw new AppError("PROVIDER_NOT_CONFIGURED", "Cannot use google_tts: no key");
  };
  for (const voiceId of ["en-US-Neural2-C", "fr-FR-Neural2-Z"]) {
    await assert.rejects(
      assertVoiceExists(voiceId, { log: served.log, create, shelf }),
      (error) => error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED",
    );
  }
});

Deno.test("assertVoiceExists() waits for a slow list no longer than it may, and leaves it to others", async () => {
  const { served, check, list, asks } = await setUp();
  await using _ = served;
  served.fault("slow", { operation: "list_voices", times: 1, delayMs: 200 });
  const others = list();
  await check("fr-FR-Neural2-Z", 20);
  assert.ok(served.lines.some((line) => line["event"] === "voice_not_checked"));
  assert.ok((await others).length > 100);
  assert.equal(asks(), 1);
});
