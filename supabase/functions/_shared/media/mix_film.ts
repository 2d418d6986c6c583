/**
 * A film's sound where there is music: voices and music decoded, mixed and encoded as one mp3, second by second.
 *
 * Rejected: pieces of a film mixed in steps of their own. An encoder's pieces overlap and borrow from each other, so
 * that joining them takes an encoder's knowledge of the format. Mixing and encoding are what is parted.
 *
 * @module
 */
import { decodeVoice, openMusic, type Voice } from "./mix_decode.ts";
import {
  blockPowers,
  createDucker,
  fadeAt,
  fromDb,
  limit,
  loudnessOf,
  PAUSE_DB,
  power,
} from "./mix_levels.ts";
import { createMp3, createWav, type SoundFile, type SoundFormat } from "./mix_encode.ts";
import { readMusic, readVoice } from "./mix_reader.ts";
import { listMp3Frames } from "./mp3.ts";

/** Music for a film. */
export interface Music {
  /** An mp3. */
  readonly file: Uint8Array;
  /** How far it lies under the voices, in dB, -40..0. Null: {@link UNDER_VOICE_DB}, or 0 where nobody speaks. */
  readonly gainDb: number | null;
}

/** Something said in a film. */
export interface MixedVoice {
  /** An mp3. */
  readonly file: Uint8Array;
  /** Where it begins in the film. */
  readonly startSeconds: number;
  /** Where it has to be over: the rest is cut off. */
  readonly endSeconds: number;
}

/** What is to be mixed. */
export interface MixInput {
  /** Under all of the film: from its beginning again when it is shorter. */
  readonly music: Music;
  /** In order of time, none over another. */
  readonly voices: readonly MixedVoice[];
  /** Of the film. */
  readonly durationSeconds: number;
  /** Looked at once a second of film. */
  readonly signal?: AbortSignal | undefined;
}

/** How far music lies under voices when nobody says. */
export const UNDER_VOICE_DB = -18;

/** As loud as music is where there is no voice to compare it with: what most voices have. */
const REFERENCE_DB = -20;

/** A track that is nearly silent stays so, instead of becoming its own noise. */
const MOST_GAIN_DB = 12;

/** Encoding in stereo takes twice the time, so only short films, which most are, have it. */
const STEREO_SECONDS = 60;

/** What the encoder and every decoder put before the first sample: as much is left out of the beginning. */
const CODEC_DELAY_SAMPLES = 1105;

/** The gain changes along a line from one stretch to the next: 12 ms are not heard as steps. */
const STRETCH_SAMPLES = 512;

/** A voice that is cut off ends in so much time, without a click. */
const CUT_SECONDS = 0.02;

/**
 * Mixes, and gives an mp3 as long as the film: frames of one format, with the bit rate they need. Takes a second of film
 * at a time: in memory are the decoded voices, at their own rate, and the finished mp3.
 *
 * Errors: `RESULT_INVALID` when a file can't be decoded; the signal's reason.
 */
export async function mixFilm(input: MixInput): Promise<Uint8Array<ArrayBuffer>> {
  return await mixInto(input, createMp3);
}

/** Mixes as {@link mixFilm} does, and leaves the encoding to {@link encodeWav}: gives a wav of 16 bits. */
export async function mixSamples(input: MixInput): Promise<Uint8Array<ArrayBuffer>> {
  return await mixInto(input, createWav);
}

async function mixInto(
  input: MixInput,
  createFile: (format: SoundFormat) => SoundFile | Promise<SoundFile>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { music, durationSeconds, signal } = input;
  const voices: Voice[] = [];
  for (const { file } of input.voices) voices.push(await decodeVoice(file));
  const isStereo = durationSeconds <= STEREO_SECONDS && listMp3Frames(music.file).channels === 2;
  const channels = isStereo ? 2 : 1;
  const track = await openMusic(music.file, { channels });
  try {
    const sampleRate = mixedRate(track.sampleRate);
    const levels = musicLevels(voices, { loudnessDb: track.loudnessDb, gainDb: music.gainDb });
    const file = await createFile({ sampleRate, channels });
    const bed = readMusic(track, { sampleRate, channels });
    const speech = createSpeech(input.voices, voices, sampleRate);
    const blend = createBlend({ ...levels, sampleRate, durationSeconds });

    const total = Math.round(durationSeconds * sampleRate);
    const voice = new Float32Array(sampleRate);
    const planes = Array.from({ length: channels }, () => new Float32Array(sampleRate));
    for (let start = 0; start < total; start += sampleRate) {
      signal?.throwIfAborted();
      speech(voice, start);
      bed.read(planes, 0);
      blend(planes, voice, start);
      const from = start === 0 ? CODEC_DELAY_SAMPLES : 0;
      const to = Math.min(sampleRate, total - start);
      if (from < to) file.add(planes.map((plane) => plane.subarray(from, to)));
    }
    return file.end();
  } finally {
    track.close();
  }
}

/** Music stays at its own rate, where that is one for music; else it is brought to a multiple of it. */
function mixedRate(musicRate: number): number {
  let rate = musicRate;
  while (rate < 32_000) rate *= 2;
  return rate;
}

/** Gains of music where nobody speaks, and how far it goes down where somebody does. */
function musicLevels(
  voices: readonly Voice[],
  { loudnessDb, gainDb }: { readonly loudnessDb: number | null; readonly gainDb: number | null },
): { readonly pauseGain: number; readonly isDucked: boolean } {
  const voiceDb = loudnessOf(
    voices.flatMap(({ samples, sampleRate }) => blockPowers(samples, sampleRate)),
  );
  if (loudnessDb === null) return { pauseGain: 1, isDucked: false };
  const wantedDb = voiceDb === null
    ? REFERENCE_DB + (gainDb ?? 0)
    : voiceDb + (gainDb ?? UNDER_VOICE_DB) + PAUSE_DB;
  const pauseGain = fromDb(Math.min(MOST_GAIN_DB, wantedDb - loudnessDb));
  return { pauseGain, isDucked: voiceDb !== null };
}

/** Makes what fills an array with all that is said from a place of the film on. */
function createSpeech(
  places: readonly MixedVoice[],
  voices: readonly Voice[],
  sampleRate: number,
): (into: Float32Array, start: number) => void {
  const parts = places.flatMap(({ startSeconds, endSeconds }, at) => {
    const voice = voices[at];
    return voice === undefined ? [] : [{
      from: Math.round(startSeconds * sampleRate),
      to: Math.round(endSeconds * sampleRate),
      length: voice.samples.length * sampleRate / voice.sampleRate,
      reader: readVoice(voice, sampleRate),
    }];
  });
  const cut = Math.round(CUT_SECONDS * sampleRate);
  return (into, start) => {
    into.fill(0);
    const end = start + into.length;
    for (const { from, to, length, reader } of parts) {
      if (from >= end || Math.min(to, from + length) <= start) continue;
      const last = Math.min(to, end) - start;
      reader.read([into.subarray(0, last)], Math.max(0, from - start));
      if (from + length <= to) continue;
      for (let at = Math.max(0, to - cut - start); at < last; at++) {
        into[at] = (into[at] ?? 0) * (to - start - at) / cut;
      }
    }
  };
}

/** Makes what turns music into music with a voice over it, in place. */
function createBlend({ pauseGain, isDucked, sampleRate, durationSeconds }: {
  readonly pauseGain: number;
  readonly isDucked: boolean;
  readonly sampleRate: number;
  readonly durationSeconds: number;
}): (planes: readonly Float32Array[], voice: Float32Array, start: number) => void {
  const ducker = createDucker();
  let gain = 0;
  return (planes, voice, start) => {
    for (let from = 0; from < voice.length; from += STRETCH_SAMPLES) {
      const to = Math.min(from + STRETCH_SAMPLES, voice.length);
      const duckDb = isDucked ? ducker.next(power(voice, from, to), (to - from) / sampleRate) : 0;
      const next = pauseGain * fromDb(duckDb) * fadeAt((start + to) / sampleRate, durationSeconds);
      const slope = (next - gain) / (to - from);
      for (const plane of planes) {
        for (let at = from; at < to; at++) {
          const bed = (plane[at] ?? 0) * (gain + slope * (at - from));
          plane[at] = limit((voice[at] ?? 0) + bed);
        }
      }
      gain = next;
    }
  };
}
