/**
 * Packs spoken samples as MP3 and WAV files.
 *
 * @module
 */
import { createMp3Encoder } from "wasm-media-encoders";
import type { SpokenSamples } from "./speech.ts";

/** Kept for all calls: making one compiles 130 KB of LAME. */
let encoder: ReturnType<typeof createMp3Encoder> | undefined;

/** What Google's voices of today are recorded at. */
const SAMPLE_RATE = 24_000;

/** Google answers MP3 at 32 kbit/s. Source: `AudioEncoding` of google.cloud.texttospeech.v1. */
const BITRATE_KBPS = 32;

/** Encodes one channel at 24 kHz and 32 kbit/s, without ID3 or Xing headers. */
export async function encodeMp3(speech: SpokenSamples): Promise<Uint8Array<ArrayBuffer>> {
  encoder ??= createMp3Encoder();
  const mp3 = await encoder;
  mp3.configure({
    channels: 1,
    sampleRate: speech.sampleRate,
    bitrate: BITRATE_KBPS,
    outputSampleRate: SAMPLE_RATE,
  });
  // Both answers are views of the encoder's memory, which the next call overwrites.
  const body = mp3.encode([speech.samples]).slice();
  const rest = mp3.finalize();
  const file = new Uint8Array(body.byteLength + rest.byteLength);
  file.set(body);
  file.set(rest, body.byteLength);
  return file;
}

/** Packs the samples as 16-bit PCM behind a 44-byte WAV header, at their own rate. */
export function encodeWav(speech: SpokenSamples): Uint8Array<ArrayBuffer> {
  const data = encodePcm(speech);
  const file = new Uint8Array(44 + data.byteLength);
  const view = new DataView(file.buffer);
  const name = (at: number, text: string) => file.set(new TextEncoder().encode(text), at);
  name(0, "RIFF");
  view.setUint32(4, 36 + data.byteLength, true);
  name(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, speech.sampleRate, true);
  view.setUint32(28, speech.sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  name(36, "data");
  view.setUint32(40, data.byteLength, true);
  file.set(data, 44);
  return file;
}

/** Packs the samples as 16-bit little-endian PCM without a header. */
export function encodePcm(speech: SpokenSamples): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(speech.samples.length * 2);
  const view = new DataView(file.buffer);
  speech.samples.forEach((sample, i) =>
    view.setInt16(2 * i, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true)
  );
  return file;
}
