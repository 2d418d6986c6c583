/**
 * Subtitles in time: each narration's text spread over the seconds it was measured to take.
 *
 * @module
 */
import { cutCaptions, layoutFor, widthOf } from "./caption_text.ts";

/** What is said somewhere in a film. */
export interface Narration {
  /** Its words. */
  readonly text: string;
  /** Where it begins in the film. */
  readonly startSeconds: number;
  /** How long the speaking takes, as measured. */
  readonly durationSeconds: number;
}

/** One subtitle. */
export interface Cue {
  /** Whole milliseconds from the film's beginning. */
  readonly startMs: number;
  /** After `startMs`, and not after the next one's `startMs`. */
  readonly endMs: number;
  /** One or two lines, separated by `\n`. */
  readonly text: string;
}

/** Of the whole film. */
export interface CaptionOptions {
  /** BCP 47 tag of the narration. */
  readonly language: string;
  /** Nothing is shown after it. */
  readonly filmSeconds: number;
}

/** Shorter ones can't be read. */
const MIN_CUE_MS = 1000;

/** The voice rests at a sentence's end: as long as for so many letters. */
const PAUSE_WIDTH = 4;

const SENTENCE_END =
  /[.!?\u061f\u06d4\u0964\u3002\uff01\uff1f\uff0e]["'\u2019\u201d\u300d\u300f)\]]*$/u;

/**
 * Makes the subtitles of a film. They stand in order and don't overlap; none lasts less than a second, unless
 * more is said than that allows. Narrations are given in the order of the film; one that is still going on when the
 * next begins, or the film ends, is cut there as it is in the film. Empty when nothing is said.
 */
export function makeCaptions(
  narrations: readonly Narration[],
  { language, filmSeconds }: CaptionOptions,
): Cue[] {
  return narrations.flatMap((narration, at) => {
    const nextSeconds = Math.min(narrations[at + 1]?.startSeconds ?? filmSeconds, filmSeconds);
    return placeCues(narration, { language, untilMs: Math.floor(nextSeconds * 1000) });
  });
}

function placeCues(
  { text, startSeconds, durationSeconds }: Narration,
  { language, untilMs }: { language: string; untilMs: number },
): Cue[] {
  const texts = cutCaptions(text, layoutFor(text, language));
  const startMs = Math.ceil(startSeconds * 1000);
  const spokenMs = Math.max(0, durationSeconds * 1000);
  const weights = texts.map((one) => widthOf(one) + (SENTENCE_END.test(one) ? PAUSE_WIDTH : 0));
  // A word alone may be shown longer than it takes to say it, where there is room.
  const roomMs = Math.min(
    Math.max(spokenMs, texts.length * MIN_CUE_MS),
    Math.max(spokenMs, untilMs - startMs),
  );
  const cues: Cue[] = [];
  let atMs = startMs;
  let exactMs = startMs;
  for (const [index, lengthMs] of shareTime(weights, roomMs).entries()) {
    exactMs += lengthMs;
    const endMs = Math.min(Math.round(exactMs), untilMs);
    if (endMs > atMs) cues.push({ startMs: atMs, endMs, text: texts[index] ?? "" });
    atMs = endMs;
  }
  return cues;
}

/** Shares of `totalMs` by weight, none below the minimum as long as there is enough for all. */
function shareTime(weights: readonly number[], totalMs: number): number[] {
  const raised = new Set<number>();
  const isEnough = weights.length * MIN_CUE_MS <= totalMs;
  while (true) {
    const free = weights.reduce((sum, weight, at) => raised.has(at) ? sum : sum + weight, 0);
    const perWeight = (totalMs - raised.size * MIN_CUE_MS) / free;
    const short = isEnough
      ? weights.flatMap((weight, at) =>
        !raised.has(at) && weight * perWeight < MIN_CUE_MS ? [at] : []
      )
      : [];
    if (short.length === 0) {
      return weights.map((weight, at) => raised.has(at) ? MIN_CUE_MS : weight * perWeight);
    }
    for (const at of short) raised.add(at);
  }
}
