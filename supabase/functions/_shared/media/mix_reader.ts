/**
 * Sound that comes in pieces of any length, read in pieces of another.
 *
 * @module
 */
import type { MusicReader, Voice } from "./mix_decode.ts";
import { createResampler } from "./mix_resample.ts";

/** Reads sound from its beginning on. */
export interface SampleReader {
  /** Fills `into`, one array a channel, from `start` on. Gives how many samples there were: fewer only at the end. */
  read(into: readonly Float32Array[], start: number): number;
}

/** A piece of a second of a voice is resampled at once. */
const PIECE_SECONDS = 1;

/** Reads music that never ends, at another rate. */
export function readMusic(
  music: MusicReader,
  { sampleRate, channels }: { readonly sampleRate: number; readonly channels: 1 | 2 },
): SampleReader {
  const resamplers = Array.from(
    { length: channels },
    () => createResampler(music.sampleRate, sampleRate),
  );
  return createReader(() => {
    const planes = music.next();
    return resamplers.map((resampler, channel) =>
      resampler.process(planes[channel] ?? planes[0] ?? new Float32Array())
    );
  });
}

/** Reads a voice at another rate, once. */
export function readVoice(voice: Voice, sampleRate: number): SampleReader {
  const resampler = createResampler(voice.sampleRate, sampleRate);
  const step = Math.round(voice.sampleRate * PIECE_SECONDS);
  let at = 0;
  let isOver = false;
  return createReader(() => {
    if (isOver) return null;
    if (at >= voice.samples.length) {
      isOver = true;
      return [resampler.flush()];
    }
    const piece = resampler.process(voice.samples.subarray(at, at + step));
    at += step;
    return [piece];
  });
}

/** Makes a reader of what `next` gives: a piece of each channel, or null at the end. */
function createReader(next: () => readonly Float32Array[] | null): SampleReader {
  let held: readonly Float32Array[] = [];
  let used = 0;
  return {
    read: (into, start) => {
      const wanted = (into[0]?.length ?? 0) - start;
      let count = 0;
      while (count < wanted) {
        const length = held[0]?.length ?? 0;
        if (used >= length) {
          const piece = next();
          if (piece === null) break;
          held = piece;
          used = 0;
          continue;
        }
        const taken = Math.min(wanted - count, length - used);
        for (const [channel, plane] of into.entries()) {
          plane.set(
            (held[channel] ?? new Float32Array()).subarray(used, used + taken),
            start + count,
          );
        }
        used += taken;
        count += taken;
      }
      return count;
    },
  };
}
