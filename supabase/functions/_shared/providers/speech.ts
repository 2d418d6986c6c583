/**
 * The role of a speech synthesizer.
 *
 * @module
 */
import type { ProviderCall } from "./render.ts";

/** Files that speech comes in. */
export type SpeechFormat = "mp3" | "ogg";

/** Text to speak. */
export interface SpeechRequest {
  /**
   * Plain text, any length: the adapter cuts it to the provider's limit and joins the parts. SSML is one
   * `speak` element that is sent whole.
   */
  readonly text: string;
  /** True when the text is SSML. Absent: it is plain. */
  readonly ssml?: boolean;
  /** `ogg` is Opus. Absent: `mp3`. */
  readonly format?: SpeechFormat;
  /** The provider's voice, such as `en-US-Neural2-C` or `ko-KR-Chirp3-HD-Kore`. */
  readonly voiceId: string;
  /** 0.25 to 2.0, 1 is normal. */
  readonly speed?: number;
  /** Semitones, -20 to 20. Left out for voices that refuse it. */
  readonly pitch?: number;
  /** Decibels, -96 to 16. */
  readonly volumeGainDb?: number;
}

/** Spoken audio. */
export interface Speech {
  /** One stream (of one sample rate and channel count). */
  readonly audio: Uint8Array<ArrayBuffer>;
  /** As asked for. */
  readonly format: SpeechFormat;
  /** The format's. */
  readonly contentType: "audio/mpeg" | "audio/ogg";
  /** Measured from the audio itself, not from the text. */
  readonly durationSeconds: number;
}

/** A voice as its provider describes it. */
export interface Voice {
  /** What a request names. */
  readonly voiceId: string;
  /** BCP 47; the first one is its own. */
  readonly languages: readonly string[];
  /** `unknown` when the provider does not say. */
  readonly gender: "female" | "male" | "neutral" | "unknown";
  /** Samples a second it was recorded at. */
  readonly sampleRateHz: number;
}

/**
 * Speaks text. Safe to repeat, apart from its price.
 * Throws `AppError`: `PROVIDER_REJECTED`, `PROVIDER_RATE_LIMITED`, `PROVIDER_UNAVAILABLE`,
 * `PROVIDER_TIMEOUT`, `PROVIDER_BAD_RESPONSE`, `RESULT_INVALID` (no or silent-length audio).
 */
export interface SpeechSynthesizer {
  /** Name in the catalogue. */
  readonly provider: string;
  /** Speaks a text of any length. */
  synthesize(request: SpeechRequest, call?: ProviderCall): Promise<Speech>;
  /** Lists all voices there are. Spends nothing. */
  listVoices(call?: ProviderCall): Promise<readonly Voice[]>;
}
