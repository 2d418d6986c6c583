/**
 * Mp3 files as samples.
 *
 * @module
 */
import type { MPEGDecoder } from "mpg123-decoder";
import { blockPowers, loudnessOf } from "./mix_levels.ts";
import { listMp3Frames } from "./mp3.ts";
import { invalidFile } from "./probe_failure.ts";

/** Decoded sound of one channel. */
export interface Voice {
  /** -1..1. */
  readonly samples: Float32Array;
  /** In hertz. */
  readonly sampleRate: number;
}

/** Bytes decoded at once: a second or two. */
const PIECE_BYTES = 32_768;

/** How many places of a track are listened to for its loudness, and how many frames of each. */
const PROBES = { places: 8, frames: 40 };

/**
 * Makes a decoder. Loaded only where something is mixed: 80 KB of mpg123, compiled, that no other film needs.
 * Free it afterwards.
 */
async function createDecoder(): Promise<MPEGDecoder> {
  const { MPEGDecoder } = await import("mpg123-decoder");
  const decoder = new MPEGDecoder();
  await decoder.ready;
  return decoder;
}

/** Decodes a whole mp3, its channels as one. Errors: `RESULT_INVALID` `unreadable`. */
export async function decodeVoice(file: Uint8Array): Promise<Voice> {
  const decoder = await createDecoder();
  try {
    const pieces: Float32Array[] = [];
    let sampleRate = 0;
    for (const piece of piecesOf(file)) {
      const decoded = decoder.decode(piece);
      if (decoded.samplesDecoded === 0) continue;
      sampleRate = decoded.sampleRate;
      pieces.push(toMono(decoded.channelData));
    }
    if (sampleRate === 0) throw invalidFile("unreadable", "the narration is not an mp3");
    const samples = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    return { samples, sampleRate };
  } finally {
    decoder.free();
  }
}

/** A track that is read from its beginning, over and over. */
export interface MusicReader {
  /** In hertz. */
  readonly sampleRate: number;
  /** How loud it is where it is heard, in dB below full scale. Null: it is silent. */
  readonly loudnessDb: number | null;
  /** Gives the next samples of each channel, as many as came at once. After the end, the beginning follows. */
  next(): readonly Float32Array[];
  /** Lets go of the decoder. */
  close(): void;
}

/**
 * Opens a track. `channels`: 1 gives both as one. Errors: `RESULT_INVALID` `unreadable` when nothing of it can be
 * decoded.
 */
export async function openMusic(
  file: Uint8Array,
  { channels }: { readonly channels: 1 | 2 },
): Promise<MusicReader> {
  const { frames, sampleRate } = listMp3Frames(file);
  const sound = file.subarray(frames[0], frames.at(-1));
  const loudnessDb = await probeLoudness(file, frames);
  const decoder = await createDecoder();
  let left = piecesOf(sound);
  /** Rounds through the track without a sample: a file whose frames hold nothing would never end. */
  let emptyRounds = 0;
  return {
    sampleRate,
    loudnessDb,
    next: () => {
      for (;;) {
        const { value, done } = left.next();
        if (done === true) {
          if (++emptyRounds > 1) throw invalidFile("unreadable", "the music can't be decoded");
          left = piecesOf(sound);
          continue;
        }
        const decoded = decoder.decode(value);
        if (decoded.samplesDecoded === 0) continue;
        emptyRounds = 0;
        return channels === 1 ? [toMono(decoded.channelData)] : decoded.channelData;
      }
    },
    close: () => decoder.free(),
  };
}

/** Listens to a few places of a track: an intro says little of what follows. */
async function probeLoudness(
  file: Uint8Array,
  frames: readonly number[],
): Promise<number | null> {
  const powers: number[] = [];
  for (let place = 0; place < PROBES.places; place++) {
    const first = Math.floor(frames.length * place / PROBES.places);
    const part = file.subarray(frames[first], frames[first + PROBES.frames] ?? frames.at(-1));
    // Each place has its own: what is left of the one before must not be heard in it.
    const decoder = await createDecoder();
    try {
      const { channelData, sampleRate } = decoder.decode(part);
      // The first block may lack what its frames borrow from those before them.
      powers.push(...blockPowers(toMono(channelData), sampleRate).slice(1));
    } finally {
      decoder.free();
    }
  }
  return loudnessOf(powers);
}

/** The decoder gives two channels whatever there are: those of a mono file are the same. */
function toMono(channels: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const [left = new Float32Array(), right = left] = channels;
  const mono = new Float32Array(left.length);
  for (let at = 0; at < mono.length; at++) mono[at] = ((left[at] ?? 0) + (right[at] ?? 0)) / 2;
  return mono;
}

function* piecesOf(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < file.byteLength; at += PIECE_BYTES) {
    yield file.subarray(at, at + PIECE_BYTES);
  }
}
