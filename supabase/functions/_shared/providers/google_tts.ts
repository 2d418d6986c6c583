/**
 * Google Cloud Text-to-Speech (REST v1) as a speech synthesizer.
 *
 * Source: https://cloud.google.com/text-to-speech/docs/reference/rest/v1/text/synthesize
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { joinMp3, parseMp3 } from "../media/mp3.ts";
import { callProvider, type Fetch } from "../outbound.ts";
import { googleError } from "./google_error.ts";
import { createGoogleToken, parseServiceAccount } from "./google_token.ts";
import { splitText } from "./google_tts_split.ts";
import type { ProviderCall } from "./render.ts";
import type { Speech, SpeechRequest, SpeechSynthesizer } from "./speech.ts";

/** What {@link createGoogleTts} needs. */
export interface GoogleTtsConfig {
  /** The service account's key file: its JSON, or base64 of it. Secret. */
  readonly serviceAccountJson: string;
  /** Without a trailing slash; see {@link ttsBaseUrl}. */
  readonly baseUrl: string;
  /** One line a call. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: () => number;
  /** How long one part may take; defaults to a minute. */
  readonly timeoutMs?: number;
}

/** Bytes of UTF-8, not characters; cannot be raised. Source: Google's quotas page. */
const MAX_INPUT_BYTES = 5000;

/** 5000 bytes are some six minutes of speech and take Google well under half a minute. */
const TIMEOUT_MS = 60_000;

/** A piece of closing marks only, left over at a cut, has no sound and would be an error. */
const SPEAKABLE = /[\p{L}\p{N}\p{S}]/u;

const answerSchema = z.object({ audioContent: z.string() });

/**
 * Gives the API's address for a location: the host alone picks the region.
 *
 * @param location `global`, a multi-region (`us`, `eu`) or a region such as `asia-northeast3`.
 */
export function ttsBaseUrl(location: string): string {
  if (!/^[a-z]+(-[a-z]+\d+)?$/.test(location)) {
    throw new AppError(
      "PROVIDER_NOT_CONFIGURED",
      `Cannot use GOOGLE_TTS_LOCATION "${location}": it is not global, us, eu or a region`,
    );
  }
  const prefix = location === "global" ? "" : `${location}-`;
  return `https://${prefix}texttospeech.googleapis.com`;
}

/**
 * Makes the synthesizer. Long texts are cut at sentence ends, spoken one part after the other, and
 * joined; each part costs a request. `pitch` is left out for voices that refuse it.
 *
 * Errors at once: `PROVIDER_NOT_CONFIGURED`. Errors of a call: those of {@link SpeechSynthesizer}, and
 * `MODEL_INPUT_INVALID` when the voice's id does not begin with a language.
 *
 * @example
 * ```ts
 * const speech = await createGoogleTts({ serviceAccountJson, baseUrl: ttsBaseUrl("global"), log })
 *   .synthesize({ text: "Once upon a time.", voiceId: "en-US-Neural2-C" });
 * ```
 */
export function createGoogleTts(config: GoogleTtsConfig): SpeechSynthesizer {
  const tokens = createGoogleToken({
    account: parseServiceAccount(config.serviceAccountJson),
    log: config.log,
    ...(config.fetch ? { fetch: config.fetch } : {}),
    ...(config.now ? { now: config.now } : {}),
  });

  const post = async (body: string, token: string, call: ProviderCall) =>
    await callProvider(`${config.baseUrl}/v1/text:synthesize`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
    }, {
      provider: "google_tts",
      operation: "synthesize",
      timeoutMs: config.timeoutMs ?? TIMEOUT_MS,
      log: config.log,
      signal: call.signal,
      ...(config.fetch ? { fetch: config.fetch } : {}),
    });

  /** A token may be revoked before it expires: a refused one is replaced once. */
  const synthesizePart = async (body: string, call: ProviderCall) => {
    let token = await tokens.get();
    let answer = await post(body, token, call);
    if (answer.status === 401) {
      tokens.forget(token);
      token = await tokens.get();
      answer = await post(body, token, call);
    }
    if (answer.status === 200) return readAudio(answer.text);
    throw googleError(answer, {
      provider: "google_tts",
      operation: "synthesize",
      secrets: [token],
      ...(config.now ? { now: config.now() } : {}),
    });
  };

  return {
    provider: "google_tts",
    async synthesize(request: SpeechRequest, call: ProviderCall = {}): Promise<Speech> {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for (const text of splitText(request.text, MAX_INPUT_BYTES)) {
        if (!SPEAKABLE.test(text)) continue;
        parts.push(await synthesizePart(JSON.stringify(synthesizeBody(text, request)), call));
      }
      if (parts.length === 0) {
        throw new AppError(
          "PROVIDER_REJECTED",
          "Cannot synthesize at google_tts: the text has nothing to speak",
        );
      }
      return { ...joinMp3(parts), contentType: "audio/mpeg" };
    },
  };
}

function synthesizeBody(text: string, request: SpeechRequest): Record<string, unknown> {
  const pitch = refusesPitch(request.voiceId) ? undefined : request.pitch;
  return {
    input: { text },
    voice: { languageCode: languageOf(request.voiceId), name: request.voiceId },
    // Absent fields are left out by JSON; to send a default is not the same for every voice.
    audioConfig: {
      audioEncoding: "MP3",
      speakingRate: request.speed,
      pitch,
      volumeGainDb: request.volumeGainDb,
    },
  };
}

/** Voice ids begin with a BCP 47 language and region, such as `cmn-CN-Wavenet-A`. */
function languageOf(voiceId: string): string {
  const language = /^[a-z]{2,3}-(?:[A-Z]{2}|\d{3})(?=-)/.exec(voiceId)?.[0];
  if (language !== undefined) return language;
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot synthesize at google_tts: voice "${voiceId}" does not begin with a language such as en-US`,
  );
}

/**
 * Tells whether a voice answers 400 to any `pitch`, even 0. Source: home-assistant/core issues 130843
 * (Journey, Studio) and 144824 (Chirp 3 HD).
 */
function refusesPitch(voiceId: string): boolean {
  return /-(Chirp|Studio|Journey)/.test(voiceId);
}

function readAudio(text: string): Uint8Array<ArrayBuffer> {
  const audio = decodeAnswer(text);
  if (audio.byteLength === 0) {
    throw new AppError("RESULT_INVALID", "Cannot synthesize at google_tts: the audio is empty");
  }
  const { frameCount, truncated } = parseMp3(audio);
  if (truncated || frameCount === 0) {
    throw new AppError("RESULT_INVALID", "Cannot synthesize at google_tts: the audio is cut off");
  }
  return audio;
}

function decodeAnswer(text: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(answerSchema.parse(JSON.parse(text)).audioContent);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch (cause) {
    throw new AppError(
      "PROVIDER_BAD_RESPONSE",
      "Cannot synthesize at google_tts: the answer has no base64 audioContent",
      { cause },
    );
  }
}
