import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { parseOggOpus } from "../../supabase/functions/_shared/media/ogg_opus.ts";
import { sniffMedia } from "../../supabase/functions/_shared/media/sniff.ts";
import { createGoogleTts } from "../../supabase/functions/_shared/providers/google_tts.ts";
import type { SpeechRequest } from "../../supabase/functions/_shared/providers/speech.ts";
import {
  createGoogleTtsSimulator,
  serviceAccountJson,
} from "../../supabase/local/providers/google_tts.ts";
import { type Served, serveSimulator } from "./harness.ts";

const VOICE = { text: "A small fox walks along the quiet shore.", voiceId: "en-US-Neural2-C" };

async function setUp() {
  const served = await serveSimulator("google_tts", createGoogleTtsSimulator);
  const tts = createGoogleTts({
    serviceAccountJson: await serviceAccountJson(served.url),
    baseUrl: served.url,
    log: served.log,
  });
  return { served, tts };
}

const asked = (served: Served) =>
  served.calls.filter((call) => call.operation === "synthesize").map((call) =>
    JSON.parse(call.body)
  );

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

Deno.test("synthesize() gives Ogg Opus as long as the MP3 of the same words", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const ogg = await tts.synthesize({ ...VOICE, format: "ogg" });
  const mp3 = await tts.synthesize(VOICE);
  assert.deepEqual([ogg.format, ogg.contentType], ["ogg", "audio/ogg"]);
  assert.deepEqual([mp3.format, mp3.contentType], ["mp3", "audio/mpeg"]);
  assert.equal(sniffMedia(ogg.audio)?.contentType, "audio/ogg");
  assert.equal(parseOggOpus(ogg.audio).durationSeconds, ogg.durationSeconds);
  // MP3 pads to whole frames of 24 ms, and its encoder adds some.
  assert.ok(Math.abs(ogg.durationSeconds - mp3.durationSeconds) < 0.12);
  assert.deepEqual(asked(served).map((body) => body.audioConfig.audioEncoding), [
    "OGG_OPUS",
    "MP3",
  ]);
});

Deno.test("synthesize() joins the parts of a long text in Ogg Opus", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const text = `${VOICE.text} `.repeat(130);
  const spoken = await tts.synthesize({ ...VOICE, text, speed: 2, format: "ogg" });
  assert.equal(asked(served).length, 2);
  assert.equal(parseOggOpus(spoken.audio).durationSeconds, spoken.durationSeconds);
  assert.ok(spoken.durationSeconds > 60, `${spoken.durationSeconds} s`);
});

for (
  const [fault, code] of [
    ["empty_file", "RESULT_INVALID"],
    ["truncated_file", "RESULT_INVALID"],
    ["wrong_shape", "PROVIDER_BAD_RESPONSE"],
  ] as const
) {
  Deno.test(`synthesize() throws ${code} for Ogg Opus when the API plays ${fault}`, async () => {
    const { served, tts } = await setUp();
    await using _ = served;
    served.fault(fault, { operation: "synthesize" });
    await assert.rejects(tts.synthesize({ ...VOICE, format: "ogg" }), hasCode(code));
  });
}

Deno.test("synthesize() sends SSML whole, and hears its pauses", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const ssml = (pause: string) => `<speak>One.<break time="${pause}"/>Two.</speak>`;
  const speak = (text: string) => tts.synthesize({ ...VOICE, text, ssml: true });
  const short = await speak(ssml("100ms"));
  const long = await speak(ssml("2s"));
  assert.ok(long.durationSeconds - short.durationSeconds > 1.5);
  assert.deepEqual(asked(served).map((body) => body.input), [
    { ssml: ssml("100ms") },
    { ssml: ssml("2s") },
  ]);
});

Deno.test("synthesize() cuts no SSML: one that is too long is refused by the API", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const request: SpeechRequest = {
    ...VOICE,
    text: `<speak>${"One. ".repeat(1100)}</speak>`,
    ssml: true,
  };
  await assert.rejects(tts.synthesize(request), hasCode("PROVIDER_REJECTED"));
  assert.equal(asked(served).length, 1);
});

Deno.test("listVoices() gives every voice with language, gender and rate", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const voices = await tts.listVoices();
  assert.ok(voices.length > 100);
  assert.deepEqual(voices.find(({ voiceId }) => voiceId === "ko-KR-Chirp3-HD-Kore"), {
    voiceId: "ko-KR-Chirp3-HD-Kore",
    languages: ["ko-KR"],
    gender: "female",
    sampleRateHz: 24_000,
  });
  assert.equal(served.calls.at(-1)?.method, "GET");
});

for (
  const [fault, code] of [
    ["http_503", "PROVIDER_UNAVAILABLE"],
    ["rate_limited", "PROVIDER_RATE_LIMITED"],
    ["wrong_shape", "PROVIDER_BAD_RESPONSE"],
    ["garbage", "PROVIDER_BAD_RESPONSE"],
    ["drop", "PROVIDER_UNAVAILABLE"],
    ["disabled_api", "PROVIDER_REJECTED"],
  ] as const
) {
  Deno.test(`listVoices() throws ${code} when the API plays ${fault}`, async () => {
    const { served, tts } = await setUp();
    await using _ = served;
    served.fault(fault, { operation: "list_voices" });
    await assert.rejects(tts.listVoices(), hasCode(code));
  });
}

Deno.test("listVoices() takes a new token once when the API refuses the first", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  served.fault("bad_token", { operation: "list_voices", times: 1 });
  await tts.listVoices();
  assert.deepEqual(
    served.calls.map((call) => `${call.operation} ${call.status}`),
    ["token 200", "list_voices 401", "token 200", "list_voices 200"],
  );
});

Deno.test("createGoogleTts() names the project that is billed in every call but the token's", async () => {
  const asks: (string | null)[] = [];
  const { served } = await setUp();
  await using _ = served;
  const tts = createGoogleTts({
    serviceAccountJson: await serviceAccountJson(served.url),
    baseUrl: served.url,
    log: served.log,
    projectId: "another-project",
    fetch: (input, init) => {
      asks.push(new Headers(init?.headers).get("x-goog-user-project"));
      return fetch(input, init);
    },
  });
  await tts.listVoices();
  await tts.synthesize(VOICE);
  assert.deepEqual(asks, [null, "another-project", "another-project"]);
});
