/**
 * Samples as files: mp3, and wav between the step that mixes and the step that encodes.
 *
 * @module
 */
import { invalidFile } from "./probe_failure.ts";

/** How samples are to be read. */
export interface SoundFormat {
  /** In hertz: 32,000, 44,100 or 48,000. */
  readonly sampleRate: number;
  /** 2: left and right. */
  readonly channels: 1 | 2;
}

/** A file in the making. */
export interface SoundFile {
  /** Takes the next samples of each channel, -1..1; they may be overwritten afterwards. */
  add(planes: readonly Float32Array[]): void;
  /** Gives the file. */
  end(): Uint8Array<ArrayBuffer>;
}

/** LAME's scale: about 65 kbit/s a channel, transparent to most under a voice, and the fastest way it has. */
const VBR_QUALITY = 5;

/** A wav's header, as it is written here. */
const WAV_HEADER_BYTES = 44;

/** Makes an mp3. Loads LAME, 130 KB in a module of 780, only where something is mixed. */
export async function createMp3({ sampleRate, channels }: SoundFormat): Promise<SoundFile> {
  const { createMp3Encoder } = await import("wasm-media-encoders");
  const encoder = await createMp3Encoder();
  const outputSampleRate = sampleRate === 32000 || sampleRate === 48000 ? sampleRate : 44100;
  encoder.configure({ sampleRate, channels, vbrQuality: VBR_QUALITY, outputSampleRate });
  const pieces: Uint8Array[] = [];
  return {
    // A view of the encoder's memory, which the next call overwrites.
    add: (planes) => void pieces.push(encoder.encode(planes).slice()),
    end: () => join([...pieces, encoder.finalize()]),
  };
}

/** Makes a wav of 16 bits a sample. */
export function createWav({ sampleRate, channels }: SoundFormat): SoundFile {
  const pieces: Uint8Array[] = [new Uint8Array(WAV_HEADER_BYTES)];
  return {
    add: (planes) => {
      const length = planes[0]?.length ?? 0;
      const samples = new Int16Array(length * channels);
      for (const [channel, plane] of planes.entries()) {
        for (let at = 0; at < length; at++) {
          samples[at * channels + channel] = Math.round((plane[at] ?? 0) * 32767);
        }
      }
      pieces.push(new Uint8Array(samples.buffer));
    },
    end: () => {
      const file = join(pieces);
      const view = new DataView(file.buffer);
      const name = (at: number, text: string) => file.set(new TextEncoder().encode(text), at);
      name(0, "RIFF");
      view.setUint32(4, file.byteLength - 8, true);
      name(8, "WAVEfmt ");
      view.setUint32(16, 16, true);
      view.setUint16(20, 1, true);
      view.setUint16(22, channels, true);
      view.setUint32(24, sampleRate, true);
      view.setUint32(28, sampleRate * channels * 2, true);
      view.setUint16(32, channels * 2, true);
      view.setUint16(34, 16, true);
      name(36, "data");
      view.setUint32(40, file.byteLength - WAV_HEADER_BYTES, true);
      return file;
    },
  };
}

/** Makes an mp3 of what {@link createWav} has made. Errors: `RESULT_INVALID` `unreadable` for anything else. */
export async function encodeWav(wav: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const isWhole = wav.byteLength >= WAV_HEADER_BYTES &&
    view.getUint32(40, true) === wav.byteLength - WAV_HEADER_BYTES;
  if (!isWhole) throw invalidFile("unreadable", "the mixed sound is not whole");
  const channels = view.getUint16(22, true) === 2 ? 2 : 1;
  const sampleRate = view.getUint32(24, true);
  const file = await createMp3({ sampleRate, channels });
  const total = (wav.byteLength - WAV_HEADER_BYTES) / 2 / channels;
  for (let start = 0; start < total; start += sampleRate) {
    const length = Math.min(sampleRate, total - start);
    file.add(Array.from({ length: channels }, (_, channel) => {
      const plane = new Float32Array(length);
      for (let at = 0; at < length; at++) {
        const place = WAV_HEADER_BYTES + 2 * ((start + at) * channels + channel);
        plane[at] = view.getInt16(place, true) / 32767;
      }
      return plane;
    }));
  }
  return file.end();
}

function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}
