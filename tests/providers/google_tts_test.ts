import assert from "node:assert/strict";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { parseMp3 } from "../../supabase/functions/_shared/media/mp3.ts";
import { createGoogleTts } from "../../supabase/functions/_shared/providers/google_tts.ts";
import { ttsBaseUrl } from "../../supabase/functions/_shared/providers/google_tts_api.ts";
import {
  createGoogleTtsSimulator,
  serviceAccountJson,
} from "../../supabase/local/providers/google_tts.ts";
import { type Served, serveSimulator } from "./harness.ts";

const TEXT = "A small fox walks along the quiet shore at dawn.";

async function setUp(timeoutMs?: number) {
  const served = await serveSimulator("google_tts", createGoogleTtsSimulator);
  const tts = createGoogleTts({
    serviceAccountJson: await serviceAccountJson(served.url),
    baseUrl: served.url,
    log: served.log,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return { served, tts };
}

/** Bodies of the synthesize calls. */
const asked = (served: Served) =>
  served.calls.filter((call) => call.operation === "synthesize")
    .map((call) => JSON.parse(call.body));

Deno.test("synthesize() gives an MP3 whose length is measured from its frames", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const speech = await tts.synthesize({ text: TEXT, voiceId: "en-US-Neural2-C" });
  assert.equal(speech.contentType, "audio/mpeg");
  const info = parseMp3(speech.audio);
  assert.equal(info.end, speech.audio.byteLength);
  assert.ok(Math.abs(info.durationSeconds - speech.durationSeconds) < 1e-9);
  assert.ok(
    speech.durationSeconds > 2 && speech.durationSeconds < 6,
    `${speech.durationSeconds} s`,
  );
});

Deno.test("synthesize() sends language, voice and only the settings that are given", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  await tts.synthesize({ text: TEXT, voiceId: "ko-KR-Wavenet-A" });
  await tts.synthesize({
    text: TEXT,
    voiceId: "en-GB-Neural2-B",
    speed: 1.25,
    pitch: -3,
    volumeGainDb: 2,
  });
  assert.deepEqual(asked(served), [
    {
      input: { text: TEXT },
      voice: { languageCode: "ko-KR", name: "ko-KR-Wavenet-A" },
      audioConfig: { audioEncoding: "MP3" },
    },
    {
      input: { text: TEXT },
      voice: { languageCode: "en-GB", name: "en-GB-Neural2-B" },
      audioConfig: { audioEncoding: "MP3", speakingRate: 1.25, pitch: -3, volumeGainDb: 2 },
    },
  ]);
});

for (const voiceId of ["en-US-Chirp3-HD-Kore", "en-US-Studio-O"]) {
  Deno.test(`synthesize() leaves pitch out when the voice is ${voiceId}`, async () => {
    const { served, tts } = await setUp();
    await using _ = served;
    await tts.synthesize({ text: TEXT, voiceId, pitch: 0, speed: 1.1 });
    assert.deepEqual(asked(served)[0].audioConfig, { audioEncoding: "MP3", speakingRate: 1.1 });
  });
}

Deno.test("synthesize() speaks a long text part after part and joins the frames", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const text = `${"가나다라마바사 아자차카타파하. ".repeat(60)} ${TEXT.repeat(70)}`;
  const speech = await tts.synthesize({ text, voiceId: "ko-KR-Neural2-A", speed: 2 });
  const bodies = asked(served);
  assert.equal(bodies.length, 2);
  for (const body of bodies) {
    assert.ok(new TextEncoder().encode(body.input.text).byteLength <= 5000);
    assert.match(body.input.text, /\.$/);
  }
  const info = parseMp3(speech.audio);
  assert.equal(info.end, speech.audio.byteLength);
  assert.ok(speech.durationSeconds > 60, `${speech.durationSeconds} s`);
});

Deno.test("synthesize() exchanges one token for many calls", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  await Promise.all(
    [1, 2, 3].map((i) => tts.synthesize({ text: `Number ${i}.`, voiceId: "en-US-Standard-A" })),
  );
  assert.equal(served.calls.filter((call) => call.operation === "token").length, 1);
});

Deno.test("synthesize() takes a new token once when the API refuses the first", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  served.fault("bad_token", { operation: "synthesize", times: 1 });
  await tts.synthesize({ text: TEXT, voiceId: "en-US-Neural2-C" });
  assert.deepEqual(
    served.calls.map((call) => `${call.operation} ${call.status}`),
    ["token 200", "synthesize 401", "token 200", "synthesize 200"],
  );
});

Deno.test("synthesize() waits for a slow answer", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  served.fault("slow", { operation: "synthesize", delayMs: 120 });
  const started = performance.now();
  await tts.synthesize({ text: TEXT, voiceId: "en-US-Neural2-C" });
  assert.ok(performance.now() - started >= 120);
});

Deno.test("synthesize() says what to do when the API is disabled", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  served.fault("disabled_api", { operation: "synthesize" });
  await assert.rejects(
    tts.synthesize({ text: TEXT, voiceId: "en-US-Neural2-C" }),
    (error) => {
      assert.ok(error instanceof AppError);
      assert.match(error.message, /403 PERMISSION_DENIED \(SERVICE_DISABLED\)/);
      assert.match(error.hint ?? "", /not enabled/);
      return true;
    },
  );
});

Deno.test("synthesize() throws PROVIDER_REJECTED when the voice is unknown", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  await assert.rejects(
    tts.synthesize({ text: TEXT, voiceId: "en-US-Nobody-A" }),
    (error) => error instanceof AppError && error.code === "PROVIDER_REJECTED",
  );
});

Deno.test("synthesize() throws before any call when voice or text can't be used", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  const refusals = [
    [{ text: TEXT, voiceId: "Kore" }, "MODEL_INPUT_INVALID"],
    [{ text: " \n", voiceId: "en-US-Neural2-C" }, "PROVIDER_REJECTED"],
    [{ text: "…!", voiceId: "en-US-Neural2-C" }, "PROVIDER_REJECTED"],
  ] as const;
  for (const [request, code] of refusals) {
    await assert.rejects(
      tts.synthesize(request),
      (error) => error instanceof AppError && error.code === code,
    );
  }
  assert.deepEqual(served.calls, []);
});

Deno.test("synthesize() stops when the caller aborts", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  served.fault("hang", { operation: "synthesize" });
  const stop = new AbortController();
  const work = tts.synthesize({ text: TEXT, voiceId: "en-US-Neural2-C" }, { signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(work, (error) => error instanceof AppError);
});

Deno.test("synthesize() logs one line a call, without the text and the token", async () => {
  const { served, tts } = await setUp();
  await using _ = served;
  await tts.synthesize({ text: TEXT, voiceId: "en-US-Neural2-C" });
  assert.deepEqual(served.lines.map((line) => line["operation"]), ["token", "synthesize"]);
  assert.doesNotMatch(JSON.stringify(served.lines), /fox|ya29|Bearer|PRIVATE/);
});

Deno.test("ttsBaseUrl() puts the location into the host", () => {
  assert.equal(ttsBaseUrl("global"), "https://texttospeech.googleapis.com");
  assert.equal(ttsBaseUrl("eu"), "https://eu-texttospeech.googleapis.com");
  assert.equal(
    ttsBaseUrl("asia-northeast3"),
    "https://asia-northeast3-texttospeech.googleapis.com",
  );
});

Deno.test("ttsBaseUrl() throws PROVIDER_NOT_CONFIGURED when it is no location", () => {
  for (const location of ["", "evil.example/", "US", "us-central1@x"]) {
    assert.throws(
      () => ttsBaseUrl(location),
      (error) => error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED",
    );
  }
});
