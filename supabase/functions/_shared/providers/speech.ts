/**
 * The role of a speech synthesizer.
 *
 * @module
 */
import type { ProviderCall } from "./render.ts";

/** Text to speak. */
export interface SpeechRequest {
  /** Plain text, any length: the adapter cuts it to the provider's limit and joins the parts. */
  readonly text: string;
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
  /** One MP3 stream (all frames of one sample rate and channel count). */
  readonly audio: Uint8Array<ArrayBuffer>;
  /** Always MP3. */
  readonly contentType: "audio/mpeg";
  /** Measured from the audio's frames, not from the text. */
  readonly durationSeconds: number;
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
}
