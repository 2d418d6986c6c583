/**
 * How much can be said in a time: the script is written to fit its shots.
 *
 * @module
 */

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

/** Longest narration of a scene of so many seconds, in characters (Unicode code points). */
export function narrationChars(language: string, seconds: number): number {
  const primary = language.split("-")[0]?.toLowerCase() ?? "";
  const rate = CHARACTERS_PER_SECOND[primary] ?? SLOW;
  return Math.max(10, Math.floor(seconds * SPOKEN_SHARE * rate));
}
