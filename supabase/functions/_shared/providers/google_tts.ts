/**
 * Google Cloud Text-to-Speech (REST v1) as a speech synthesizer.
 *
 * Source: https://cloud.google.com/text-to-speech/docs/reference/rest/v1/text/synthesize
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { parseVoice } from "../voices.ts";
import { createGoogleTtsApi, type GoogleTtsConfig } from "./google_tts_api.ts";
import { AUDIO_FORMATS, readAudio } from "./google_tts_audio.ts";
import { splitText } from "./google_tts_split.ts";
import { readVoices } from "./google_tts_voices.ts";
import type { ProviderCall } from "./render.ts";
import type { Speech, SpeechRequest, SpeechSynthesizer } from "./speech.ts";

/** Bytes of UTF-8, not characters, markup included; cannot be raised. Source: Google's quotas page. */
const MAX_INPUT_BYTES = 5000;

/** A piece of closing marks only, left over at a cut, has no sound and would be an error. */
const SPEAKABLE = /[\p{L}\p{N}\p{S}]/u;

/**
 * Makes the synthesizer. Long texts are cut at sentence ends, spoken one part after the other, and
 * joined; each part costs a request. SSML is sent whole. `pitch` is left out for voices that refuse it.
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
  const api = createGoogleTtsApi(config);
  return {
    provider: "google_tts",
    async synthesize(request: SpeechRequest, call: ProviderCall = {}): Promise<Speech> {
      const format = request.format ?? "mp3";
      const { join, contentType } = AUDIO_FORMATS[format];
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for (const input of inputsOf(request)) {
        const answer = await api({
          ...call,
          operation: "synthesize",
          path: "/v1/text:synthesize",
          body: JSON.stringify(synthesizeBody(input, request)),
        });
        parts.push(readAudio(answer, AUDIO_FORMATS[format]));
      }
      if (parts.length === 0) {
        throw new AppError(
          "PROVIDER_REJECTED",
          "Cannot synthesize at google_tts: the text has nothing to speak",
        );
      }
      return { ...join(parts), format, contentType };
    },
    listVoices: async (call = {}) =>
      readVoices(await api({ ...call, operation: "list_voices", path: "/v1/voices" })),
  };
}

/** One a request. A cut through SSML would leave its elements open. */
function inputsOf({ text, ssml }: SpeechRequest): Record<string, string>[] {
  if (ssml) return [{ ssml: text }];
  return splitText(text, MAX_INPUT_BYTES)
    .filter((part) => SPEAKABLE.test(part))
    .map((part) => ({ text: part }));
}

function synthesizeBody(
  input: Record<string, string>,
  request: SpeechRequest,
): Record<string, unknown> {
  const { language, family } = parseVoice(request.voiceId);
  return {
    input,
    voice: { languageCode: language, name: request.voiceId },
    // Absent fields are left out by JSON; to send a default is not the same for every voice.
    audioConfig: {
      audioEncoding: AUDIO_FORMATS[request.format ?? "mp3"].encoding,
      speakingRate: request.speed,
      pitch: refusesPitch(family) ? undefined : request.pitch,
      volumeGainDb: request.volumeGainDb,
    },
  };
}

/**
 * Tells whether voices of a family answer 400 to any `pitch`, even 0. Source: home-assistant/core issues
 * 130843 (Journey, Studio) and 144824 (Chirp 3 HD).
 */
function refusesPitch(family: string): boolean {
  return /^(Chirp|Studio|Journey)/.test(family);
}
