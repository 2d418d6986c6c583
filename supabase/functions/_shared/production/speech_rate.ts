/**
 * How much can be said in a time: the script is written to fit its shots.
 *
 * @module
 */

import { TAIL_SECONDS } from "./fit.ts";
import type { ProductionWish } from "./payload.ts";
import { clipsOfScene } from "./shots.ts";

/**
 * Characters a second, spaces included, that unhurried narrators stay above. What was measured is eSpeak NG at the
 * 165 words a minute of the simulated voices, the slowest of 36 narrations of 5 to 9 seconds each (November 2026):
 * de 17.0, en 13.4, es 16.1, fr 17.2, ja 6.7, ko 7.5. Providers' own voices were not: these are at least a tenth
 * lower, and nowhere above English's. What is spoken is measured again before anything is filmed (see fit.ts).
 */
const CHARACTERS_PER_SECOND: Readonly<Record<string, number>> = {
  de: 12,
  en: 12,
  es: 12,
  fr: 12,
  it: 12,
  ja: 5,
  ko: 6,
  pt: 12,
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
