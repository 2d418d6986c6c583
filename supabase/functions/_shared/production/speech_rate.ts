/**
 * How much can be said in a time: the script is written to fit its shots.
 *
 * @module
 */

import { TAIL_SECONDS } from "./fit.ts";
import type { ProductionWish } from "./payload.ts";
import { clipsOfScene } from "./shots.ts";

/**
 * Characters a second, spaces included, that unhurried narrators stay above: measured on narrations of 5 to 20
 * seconds, and a tenth taken off.
 */
const CHARACTERS_PER_SECOND: Readonly<Record<string, number>> = {
  de: 12.5,
  en: 12.5,
  es: 12.5,
  fr: 12.5,
  it: 12.5,
  ja: 5,
  ko: 5,
  pt: 12.5,
  zh: 3.6,
};

/** For languages nobody measured. */
const SLOW = 10;

/** The part of a scene that is spoken: the rest is breath before the cut. */
const SPOKEN_SHARE = 0.9;

/** Fewer say nothing. */
const FEWEST_CHARS = 10;

/** Longest narration that a scene of so many seconds has room for, in characters (Unicode code points). */
export function narrationChars(language: string, seconds: number): number {
  const primary = language.split("-")[0]?.toLowerCase() ?? "";
  const rate = CHARACTERS_PER_SECOND[primary] ?? SLOW;
  const spoken = Math.min(seconds * SPOKEN_SHARE, seconds - TAIL_SECONDS);
  return Math.max(FEWEST_CHARS, Math.floor(spoken * rate));
}

/** Longest narration of one of a film's scenes: it has to fit into the clips that are planned for it. */
export function sceneTextChars(
  { language, target_length, shots_per_scene }: ProductionWish,
  { durations, sceneCount }: {
    /** Lengths of the clips' model, in seconds, shortest first. */
    readonly durations: readonly number[];
    /** Scenes of the film. */
    readonly sceneCount: number;
  },
): number {
  const seconds = target_length / sceneCount;
  const clips = clipsOfScene(seconds, { durations, shots: shots_per_scene });
  return narrationChars(language, Math.min(seconds, clips.reduce((sum, clip) => sum + clip, 0)));
}
