/**
 * What a language brings to the stories.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";

/** Languages stories are written in. */
export const STORY_LANGUAGES = ["en", "ko", "ja", "es", "fr", "de"] as const;

/** One of {@link STORY_LANGUAGES}. */
export type StoryLanguage = (typeof STORY_LANGUAGES)[number];

/** Steps of the arc. */
export type Step = "opening" | "wish" | "trial" | "setback" | "turn" | "climax" | "ending";

/** One step told: templates with slots in braces. */
export interface Beat {
  /** Of the scene. */
  readonly title: string;
  /** What is said. */
  readonly narration: string;
  /** What is seen. */
  readonly visual: string;
}

/** Whom and what the prompt is about. */
export interface StorySubject {
  /** Fills slots: `hero`, and what else the language found. */
  readonly words: Readonly<Record<string, string>>;
  /** Tells whether a beat's slots can be filled. */
  allows(beat: Beat): boolean;
}

/** The sentences and grammar of one language. */
export interface StoryBook {
  /** Which language. */
  readonly language: StoryLanguage;
  /** At least one a step that any subject allows. */
  readonly beats: Readonly<Record<Step, readonly Beat[]>>;
  /** Of films. */
  readonly titles: readonly string[];
  /** Second halves of a description; `{premise_sentence}` is the first. */
  readonly loglines: readonly string[];
  /** What an assistant says about the film. */
  readonly replies: readonly string[];
  /** First names; at least eight. */
  readonly names: readonly string[];
  /** The lead's role. */
  readonly leadRole: string;
  /** The lead's description. */
  readonly leadLook: string;
  /** Of everybody else. */
  readonly roles: readonly string[];
  /** Descriptions of everybody else. */
  readonly looks: readonly string[];
  /** What distinguishes somebody at a glance. */
  readonly details: readonly string[];
  /** Phrases that say where, ready to follow a verb. */
  readonly places: readonly string[];
  /** Of the day, to fit the templates. */
  readonly times: readonly string[];
  /** Sentences that say that time has passed. */
  readonly laters: readonly string[];
  /** To fit the templates. */
  readonly weathers: readonly string[];
  /** Things with their article. */
  readonly things: readonly string[];
  /** What the film is about. */
  readonly themes: readonly string[];
  /** Of pictures. */
  readonly styles: readonly string[];
  /** Of pictures. */
  readonly lights: readonly string[];
  /** How the camera moves. */
  readonly cameras: readonly string[];
  /** One word each. */
  readonly moods: readonly string[];
  /** Follows each visual. */
  readonly visualTail: string;
  /** The form of a thing that was mentioned before. */
  known(thing: string): string;
  /** Finds whom and what a premise is about, or invents it. */
  readSubject(premise: string, chooser: Chooser): StorySubject;
  /** Fills a template's slots, with the language's grammar. */
  fill(template: string, words: Readonly<Record<string, string>>): string;
  /** Capitals, spaces and the final stop. */
  finish(text: string): string;
  /** Brings one beat's narration to a length that is spoken in 5 to 10 seconds. */
  fitNarration(text: string): string;
  /** How long a text is in words of English, by the time it takes to speak. */
  countWords(text: string): number;
}

/** Fills plain slots; those that are not known stay, in braces. */
export function fillSlots(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (slot, name: string) => words[name] ?? slot);
}

/** Capitals at the start of sentences, one space between words, and a final stop. */
export function finishSentence(text: string): string {
  const tidy = text.replace(/\s+/g, " ").replace(/\s+([,.;:!?])/g, "$1").trim();
  const upper = tidy.replace(
    /(^|[.!?]\s+)(\p{Ll})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
  return /[.!?…]["”»]?$/u.test(upper) ? upper : `${upper}.`;
}

/** Counts the words between spaces. */
export function countSpacedWords(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

/** Most words of a narration: about ten seconds. */
const MAX_WORDS = 30;

/** Cuts to {@link MAX_WORDS}, at the last comma or stop that leaves enough, else between words. */
export function fitWords(text: string): string {
  const words = text.split(" ");
  if (words.length <= MAX_WORDS) return text;
  const kept = words.slice(0, MAX_WORDS);
  const after = (mark: RegExp) => kept.findLastIndex((word, i) => i >= 11 && mark.test(word));
  const stop = after(/[.!?]$/) >= 0 ? after(/[.!?]$/) : after(/,$/);
  const cut = (stop < 0 ? kept : kept.slice(0, stop + 1)).join(" ");
  return `${cut.replace(/[\s,;:]+$/, "")}${/[.!?]$/.test(cut) ? "" : "."}`;
}
