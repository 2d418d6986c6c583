/**
 * The sound of a film with music, mixed before the film is cut.
 *
 * @module
 */
import { type MixedVoice, mixFilm, type MixInput, mixSamples, type Music } from "./mix_film.ts";
import { planClips, type StitchInput, type StitchOptions, withStitchDefaults } from "./stitch.ts";
import { refuseDifferences } from "./stitch_match.ts";
import { mapParallel, readNarrationFile } from "./stitch_narration_read.ts";

/** A scene as its listener counts it. */
export interface HeardScene {
  /** How long it is shown. */
  readonly durationSeconds: number;
  /** An mp3; null when nothing is said; the one of the scene before when that goes on. */
  readonly narrationUrl: string | null;
}

/** A film's sound, mixed. */
export interface MixedSound {
  /** An mp3, or a wav that is to be encoded. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** False for a wav. */
  readonly isEncoded: boolean;
}

/**
 * Longer films are encoded in another step: together, mixing, encoding and cutting would need more CPU than the 2 s
 * that an Edge Function has.
 */
const MAX_ENCODED_AT_ONCE_SECONDS = 75;

/**
 * Mixes the sound of a film of these clips. Reads their indexes and the narrations; of the clips' own sound nothing
 * is heard.
 *
 * Errors: `STATE_CONFLICT` when the clips can't be joined by copying, told before anything is decoded;
 * `RESULT_INVALID` for files that can't be read; those of the transfer.
 */
export async function mixClips(
  input: Pick<StitchInput, "clips"> & StitchOptions & { readonly music: Music },
): Promise<MixedSound> {
  const clips = await planClips(input);
  refuseDifferences(clips.map((clip) => ({ clip, narration: null })));
  const mix = await readMix({
    ...input,
    scenes: clips.map(({ durationSeconds }, at) => ({
      durationSeconds,
      narrationUrl: input.clips[at]?.narrationUrl ?? null,
    })),
  });
  const isEncoded = mix.durationSeconds <= MAX_ENCODED_AT_ONCE_SECONDS;
  return { file: await (isEncoded ? mixFilm(mix) : mixSamples(mix)), isEncoded };
}

/** Mixes and encodes the sound of a film of these scenes. Errors: `RESULT_INVALID`, those of the transfer. */
export async function mixScenes(input: SceneInput): Promise<MixedSound> {
  return { file: await mixFilm(await readMix(input)), isEncoded: true };
}

/** What is mixed. */
export interface SceneInput extends StitchOptions {
  /** In the order of the film. */
  readonly scenes: readonly HeardScene[];
  /** Under all of them. */
  readonly music: Music;
}

async function readMix({ scenes, music, ...input }: SceneInput): Promise<MixInput> {
  const options = withStitchDefaults(input);
  const { places, durationSeconds } = placeVoices(scenes);
  const voices = await mapParallel(places, async ({ url, ...place }): Promise<MixedVoice> => ({
    ...place,
    file: await readNarrationFile(url, options),
  }));
  return { music, voices, durationSeconds, signal: input.signal };
}

/** Where each narration begins, and where the last of the scenes that it goes on over ends. */
export function placeVoices(scenes: readonly HeardScene[]): {
  readonly places: readonly { url: string; startSeconds: number; endSeconds: number }[];
  readonly durationSeconds: number;
} {
  const places: { url: string; startSeconds: number; endSeconds: number }[] = [];
  let startSeconds = 0;
  let before: string | null = null;
  for (const { durationSeconds, narrationUrl } of scenes) {
    const endSeconds = startSeconds + durationSeconds;
    const last = places.at(-1);
    if (narrationUrl !== null && narrationUrl === before && last !== undefined) {
      last.endSeconds = endSeconds;
    } else if (narrationUrl !== null) {
      places.push({ url: narrationUrl, startSeconds, endSeconds });
    }
    before = narrationUrl;
    startSeconds = endSeconds;
  }
  return { places, durationSeconds: startSeconds };
}
