/**
 * The speech synthesizer that the environment names, and its voices, known for an hour.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { isDefaultVoice, parseVoice } from "../voices.ts";
import { createGoogleTts } from "./google_tts.ts";
import { ttsBaseUrl } from "./google_tts_api.ts";
import { isolateTokens } from "./google_token.ts";
import type { SpeechSynthesizer, Voice } from "./speech.ts";

/** Name in the catalogue of the one there is. */
export const SPEECH_PROVIDER = "google_tts";

/** Google TTS as the environment says; its tokens serve the whole isolate. Throws `PROVIDER_NOT_CONFIGURED`. */
export function createSpeech(log: Log): SpeechSynthesizer {
  const env = readProviderEnv("googleTts");
  return createGoogleTts({
    serviceAccountJson: env.serviceAccountJson,
    baseUrl: env.baseUrl ?? ttsBaseUrl(env.location ?? "global"),
    projectId: env.projectId,
    tokens: isolateTokens,
    log,
  });
}

/** Voices that were asked for before. */
export interface VoiceShelf {
  /**
   * Gives the list, asking by `load` when it is older than an hour; callers at the same time share one
   * question. When that fails, an older list is given if there is one. Errors: those of `load`.
   */
  get(load: () => Promise<readonly Voice[]>): Promise<readonly Voice[]>;
}

/** New voices come some times a year: an hour is soon enough, and one call an isolate. */
const KEPT_MS = 60 * 60_000;

/** Makes an empty shelf. `now` gives milliseconds since 1970; default the clock. */
export function createVoiceShelf(now: () => number = Date.now): VoiceShelf {
  let kept: { readonly voices: readonly Voice[]; readonly until: number } | undefined;
  let underWay: Promise<readonly Voice[]> | undefined;
  return {
    get: async (load) => {
      if (kept !== undefined && now() < kept.until) return kept.voices;
      underWay ??= load().finally(() => underWay = undefined);
      try {
        const voices = await underWay;
        kept = { voices, until: now() + KEPT_MS };
        return voices;
      } catch (error) {
        if (kept === undefined) throw error;
        return kept.voices;
      }
    },
  };
}

/** The isolate's own: adapters are made anew for every request. */
export const isolateVoices: VoiceShelf = createVoiceShelf();

/** A wrong id must not wait for a slow list: speaking would tell it too, only later. */
const CHECK_TIMEOUT_MS = 3_000;

/** How many of the voices that would do an error lists. */
const MAX_LISTED = 40;

/** What {@link assertVoiceExists} asks. */
export interface VoiceCheck {
  /** Gets a line when the list can't be had. */
  readonly log: Log;
  /** Default {@link createSpeech}. */
  readonly create?: (log: Log) => SpeechSynthesizer;
  /** Default {@link isolateVoices}. */
  readonly shelf?: VoiceShelf;
  /** How long it waits for the list; default 3 s. */
  readonly timeoutMs?: number;
}

/**
 * Checks that the provider has a voice. Voices we chose ourselves are taken as known. When the list can't be
 * had, any voice passes: the job would fail, and be refunded, with the provider's own words.
 *
 * Errors: `MODEL_INPUT_INVALID` (details list voices of its language); `PROVIDER_NOT_CONFIGURED`.
 */
export async function assertVoiceExists(
  voiceId: string,
  { log, create = createSpeech, shelf = isolateVoices, timeoutMs = CHECK_TIMEOUT_MS }: VoiceCheck,
): Promise<void> {
  const speech = create(log);
  if (isDefaultVoice(voiceId)) return;
  // Only this wait is cut short: others may wait for the same question, and the next click has its answer.
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("The list takes too long")), timeoutMs);
  let voices: readonly Voice[];
  try {
    voices = await Promise.race([shelf.get(() => speech.listVoices()), late.promise]);
  } catch (error) {
    if (error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED") throw error;
    log.error("voice_not_checked", { provider: speech.provider }, error);
    return;
  } finally {
    clearTimeout(timer);
  }
  if (voices.some((voice) => voice.voiceId === voiceId)) return;
  const { language } = parseVoice(voiceId);
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot use voice "${voiceId}": ${speech.provider} has no such voice`,
    {
      details: {
        field: "voice_id",
        allowed: voices.filter(({ languages }) => languages.includes(language))
          .map((voice) => voice.voiceId).slice(0, MAX_LISTED),
      },
      hint: "Call list-voices for all voices",
    },
  );
}
