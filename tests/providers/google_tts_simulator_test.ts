import assert from "node:assert/strict";
import { importPKCS8, SignJWT } from "jose";
import { parseMp3 } from "../../supabase/functions/_shared/media/mp3.ts";
import { parseServiceAccount } from "../../supabase/functions/_shared/providers/google_account.ts";
import { createGoogleToken } from "../../supabase/functions/_shared/providers/google_token.ts";
import {
  createGoogleTtsSimulator,
  serviceAccountJson,
} from "../../supabase/local/providers/google_tts.ts";
import { SIMULATED_VOICES } from "../../supabase/local/providers/google_tts_voices.ts";
import { type Served, serveSimulator } from "./harness.ts";

const TEXT = "A small fox walks along the quiet shore at dawn, listening for the bell that once " +
  "called every ship in the harbour safely home.";

const serve = () => serveSimulator("google_tts", createGoogleTtsSimulator);

async function tokenFor(served: Served): Promise<string> {
  const account = parseServiceAccount(await serviceAccountJson(served.url));
  return await createGoogleToken({ account, log: served.log }).get();
}

async function synthesize(served: Served, token: string, body: unknown) {
  const response = await fetch(`${served.url}/v1/text:synthesize`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const request = (over: {
  input?: Record<string, unknown>;
  voice?: Record<string, unknown>;
  audioConfig?: Record<string, unknown>;
} = {}) => ({
  input: over.input ?? { text: TEXT },
  voice: over.voice ?? { languageCode: "en-US", name: "en-US-Neural2-C" },
  audioConfig: { audioEncoding: "MP3", ...over.audioConfig },
});

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

Deno.test("GET /v1/voices lists voices of nine languages and five families", async () => {
  await using served = await serve();
  const response = await fetch(`${served.url}/v1/voices`, {
    headers: { authorization: `Bearer ${await tokenFor(served)}` },
  });
  const { voices } = await response.json();
  assert.equal(voices.length, SIMULATED_VOICES.length);
  assert.deepEqual(
    new Set(voices.flatMap((voice: { languageCodes: string[] }) => voice.languageCodes)),
    new Set(
      ["en-US", "en-GB", "ko-KR", "ja-JP", "de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR"],
    ),
  );
  for (const family of ["Standard", "Wavenet", "Neural2", "Chirp3-HD", "Studio"]) {
    assert.ok(voices.some((voice: { name: string }) => voice.name.includes(`-${family}-`)));
  }
});

for (
  const [language, text] of [
    ["ko-KR", "새벽의 고요한 바닷가를 작은 여우가 걸어갑니다."],
    ["ja-JP", "小さなきつねが、よあけのしずかなきしべをあるいています。"],
    ["de-DE", "Ein kleiner Fuchs läuft im Morgengrauen am stillen Ufer entlang."],
    ["fr-FR", "Un petit renard marche à l'aube le long du rivage."],
    ["es-ES", "Un pequeño zorro camina al amanecer por la orilla."],
    ["it-IT", "Una piccola volpe cammina all'alba lungo la riva."],
    ["pt-BR", "Uma pequena raposa caminha ao amanhecer pela praia."],
  ] as const
) {
  Deno.test(`POST text:synthesize speaks for three to eight seconds when the language is ${language}`, async () => {
    await using served = await serve();
    const token = await tokenFor(served);
    const { body } = await synthesize(
      served,
      token,
      request({ input: { text }, voice: { languageCode: language } }),
    );
    const info = parseMp3(decode(body.audioContent));
    assert.deepEqual([info.sampleRate, info.channels], [24_000, 1]);
    assert.ok(info.durationSeconds > 2.2 && info.durationSeconds < 8, `${info.durationSeconds} s`);
  });
}

Deno.test("POST text:synthesize sounds different for every voice, pitch and pace of a language", async () => {
  await using served = await serve();
  const token = await tokenFor(served);
  const voices = SIMULATED_VOICES.filter((voice) => voice.languageCode === "en-US");
  const requests = [
    ...voices.map((voice) => request({ voice: { languageCode: "en-US", name: voice.name } })),
    request({ audioConfig: { pitch: 4 } }),
    request({ audioConfig: { speakingRate: 1.5 } }),
    request({ audioConfig: { speakingRate: 0.25 } }),
  ];
  const sounds = new Set<string>();
  for (const one of requests) {
    const { body } = await synthesize(served, token, { ...one, input: { text: "Hello there." } });
    sounds.add(body.audioContent);
  }
  assert.equal(sounds.size, requests.length);
});

Deno.test("POST text:synthesize speaks at the pace that is asked for", async () => {
  await using served = await serve();
  const token = await tokenFor(served);
  const seconds = async (speakingRate: number) => {
    const { body } = await synthesize(served, token, request({ audioConfig: { speakingRate } }));
    return parseMp3(decode(body.audioContent)).durationSeconds;
  };
  const normal = await seconds(1);
  assert.ok(normal > 6 && normal < 10, `${normal} s`);
  for (const rate of [0.25, 0.5, 2]) {
    const ratio = await seconds(rate) / normal;
    assert.ok(Math.abs(ratio * rate - 1) < 0.35, `${rate}: ${ratio} times as long`);
  }
});

Deno.test("POST text:synthesize is about as loud as real narration", async () => {
  await using served = await serve();
  const token = await tokenFor(served);
  const level = async (audioConfig: Record<string, unknown>) => {
    const { body } = await synthesize(
      served,
      token,
      request({ audioConfig: { audioEncoding: "LINEAR16", ...audioConfig } }),
    );
    const wav = decode(body.audioContent);
    assert.equal(new TextDecoder().decode(wav.subarray(0, 4)), "RIFF");
    const samples = new Int16Array(wav.buffer.slice(44));
    const power = samples.reduce((sum, one) => sum + (one / 32768) ** 2, 0) / samples.length;
    return 10 * Math.log10(power);
  };
  const normal = await level({});
  assert.ok(normal > -24 && normal < -16, `${normal} dB`);
  assert.ok(Math.abs(await level({ volumeGainDb: -6 }) - (normal - 6)) < 0.5);
});

Deno.test("POST text:synthesize leaves the others their turn while it speaks 5000 bytes", async () => {
  await using served = await serve();
  const token = await tokenFor(served);
  const long = synthesize(served, token, request({ input: { text: "Hello there. ".repeat(384) } }));
  const waits: number[] = [];
  let spoken = false;
  long.finally(() => spoken = true);
  while (!spoken) {
    const started = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    waits.push(performance.now() - started);
  }
  assert.equal((await long).status, 200);
  assert.ok(waits.length > 10 && Math.max(...waits) < 500, `${Math.max(...waits)} ms`);
});

Deno.test("POST text:synthesize takes SSML without speaking its tags", async () => {
  await using served = await serve();
  const token = await tokenFor(served);
  const seconds = async (input: Record<string, unknown>) => {
    const { body } = await synthesize(served, token, request({ input }));
    return parseMp3(decode(body.audioContent)).durationSeconds;
  };
  const plain = await seconds({ text: TEXT });
  const marked = await seconds({ ssml: `<speak><p>${TEXT}</p></speak>` });
  assert.ok(Math.abs(marked - plain) < 1.5, `${marked} s, not ${plain} s`);
});

for (
  const [rule, over, message] of [
    ["the text is over 5000 bytes", { input: { text: "가".repeat(1667) } }, /limit of 5000 bytes/],
    ["there is no text", { input: {} }, /must be set/],
    [
      "text and ssml are both there",
      { input: { text: "a", ssml: "<speak>a</speak>" } },
      /must be set/,
    ],
    ["the voice is unknown", { voice: { languageCode: "en-US", name: "en-US-X-A" } }, /not exist/],
    ["the language is another", {
      voice: { languageCode: "ko-KR", name: "en-US-Neural2-C" },
    }, /doesn't match/],
    ["there is no language", { voice: { name: "en-US-Neural2-C" } }, /language code is required/],
    ["a Chirp voice gets a pitch of 0", {
      voice: { languageCode: "en-US", name: "en-US-Chirp3-HD-Kore" },
      audioConfig: { pitch: 0 },
    }, /does not support pitch/],
    ["a Studio voice gets a pitch", {
      voice: { languageCode: "en-US", name: "en-US-Studio-O" },
      audioConfig: { pitch: 1 },
    }, /does not support pitch/],
    ["the rate is over 2", { audioConfig: { speakingRate: 2.1 } }, /speaking_rate/],
    ["the rate is under 0.25", { audioConfig: { speakingRate: 0.2 } }, /speaking_rate/],
    ["the pitch is over 20", { audioConfig: { pitch: 21 } }, /pitch/],
    ["the gain is over 16", { audioConfig: { volumeGainDb: 17 } }, /volume_gain_db/],
    [
      "the encoding is not offered",
      { audioConfig: { audioEncoding: "MULAW" } },
      /not supported/,
    ],
    ["the encoding is no encoding", { audioConfig: { audioEncoding: "WAV" } }, /audio_encoding/],
    ["a field is unknown", { audioConfig: { speed: 1 } }, /Unknown name "speed" at 'audio_config'/],
  ] as const
) {
  Deno.test(`POST text:synthesize answers 400 INVALID_ARGUMENT when ${rule}`, async () => {
    await using served = await serve();
    const { status, body } = await synthesize(served, await tokenFor(served), request(over));
    assert.deepEqual([status, body.error.code, body.error.status], [400, 400, "INVALID_ARGUMENT"]);
    assert.match(body.error.message, message);
  });
}

Deno.test("POST text:synthesize answers 401 or 403 when the token is wrong or missing", async () => {
  await using served = await serve();
  const wrong = await synthesize(served, "ya29.made-up", request());
  assert.deepEqual([wrong.status, wrong.body.error.status], [401, "UNAUTHENTICATED"]);
  const response = await fetch(`${served.url}/v1/text:synthesize`, { method: "POST", body: "{}" });
  assert.equal(response.status, 403);
  assert.equal((await response.json()).error.status, "PERMISSION_DENIED");
});

/** Asks for a token with an assertion that breaks one rule. */
async function exchange(served: Served, over: {
  issuer?: string;
  audience?: string;
  scope?: string;
  iat?: number;
  exp?: number;
  key?: CryptoKey;
}) {
  const account = parseServiceAccount(await serviceAccountJson(served.url));
  const now = Math.floor(Date.now() / 1000);
  const assertion = await new SignJWT({
    scope: over.scope ?? "https://www.googleapis.com/auth/cloud-platform",
  })
    .setProtectedHeader({ alg: "RS256" })
    .setIssuer(over.issuer ?? account.client_email)
    .setAudience(over.audience ?? account.token_uri)
    .setIssuedAt(over.iat ?? now)
    .setExpirationTime(over.exp ?? now + 3600)
    .sign(over.key ?? await importPKCS8(account.private_key, "RS256"));
  const response = await fetch(account.token_uri, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion,
    }),
  });
  return { status: response.status, body: await response.json() };
}

Deno.test("POST /token gives a bearer token for an assertion that keeps the rules", async () => {
  await using served = await serve();
  const { status, body } = await exchange(served, {});
  assert.equal(status, 200);
  assert.deepEqual([body.expires_in, body.token_type], [3599, "Bearer"]);
  assert.match(body.access_token, /^ya29\./);
});

const seconds = Math.floor(Date.now() / 1000);
for (
  const [rule, over, error, description] of [
    ["the issuer is unknown", { issuer: "x@y.iam" }, "invalid_grant", /account not found/],
    ["the audience is another", { audience: "https://example.com" }, "invalid_grant", /audience/],
    [
      "it has expired",
      { iat: seconds - 7200, exp: seconds - 3600 },
      "invalid_grant",
      /short-lived/,
    ],
    ["it lives over an hour", { exp: seconds + 7200 }, "invalid_grant", /short-lived/],
    [
      "it is from the future",
      {
        iat: seconds + 600,
        exp: seconds + 700,
      },
      "invalid_grant",
      /reasonable timeframe/,
    ],
    ["the scope is another", { scope: "email" }, "invalid_scope", /scope/],
  ] as const
) {
  Deno.test(`POST /token answers 400 ${error} when ${rule}`, async () => {
    await using served = await serve();
    const { status, body } = await exchange(served, over);
    assert.deepEqual([status, body.error], [400, error]);
    assert.match(body.error_description, description);
  });
}

Deno.test("POST /token answers 400 invalid_grant when another key signed", async () => {
  await using served = await serve();
  const { privateKey } = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const { status, body } = await exchange(served, { key: privateKey });
  assert.deepEqual(
    [status, body],
    [400, { error: "invalid_grant", error_description: "Invalid JWT Signature." }],
  );
});
