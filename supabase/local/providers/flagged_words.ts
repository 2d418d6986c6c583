/**
 * What the simulated moderators find: a few plain words, each of a category, so that a test knows the verdict.
 *
 * @module
 */

/** A category that OpenAI and Gemini both have, by their own names. */
export interface FlaggedCategory {
  /** Words that are flagged, whole, in any case. */
  readonly words: RegExp;
  /** OpenAI's names; the first one is the general one. */
  readonly openai: readonly string[];
  /** Gemini's. */
  readonly gemini: string;
}

const CATEGORIES: readonly FlaggedCategory[] = [
  {
    words: /\b(?:bloodbath|dismembered)\b/i,
    openai: ["violence", "violence/graphic"],
    gemini: "HARM_CATEGORY_DANGEROUS_CONTENT",
  },
  {
    words: /\b(?:pornographic|explicit nudity)\b/i,
    openai: ["sexual"],
    gemini: "HARM_CATEGORY_SEXUALLY_EXPLICIT",
  },
  {
    words: /\b(?:hate speech|subhumans)\b/i,
    openai: ["hate"],
    gemini: "HARM_CATEGORY_HATE_SPEECH",
  },
];

/** The categories a text has words of. */
export function findFlagged(text: string): readonly FlaggedCategory[] {
  return CATEGORIES.filter(({ words }) => words.test(text));
}
