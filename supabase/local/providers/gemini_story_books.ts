/**
 * All languages' stories.
 *
 * @module
 */
import type { StoryBook, StoryLanguage } from "./gemini_story_book.ts";
import { GERMAN_STORIES } from "./gemini_story_de.ts";
import { ENGLISH_STORIES } from "./gemini_story_en.ts";
import { SPANISH_STORIES } from "./gemini_story_es.ts";
import { FRENCH_STORIES } from "./gemini_story_fr.ts";
import { JAPANESE_STORIES } from "./gemini_story_ja.ts";
import { KOREAN_STORIES } from "./gemini_story_ko.ts";

/** By language. */
export const STORY_BOOKS: Readonly<Record<StoryLanguage, StoryBook>> = {
  en: ENGLISH_STORIES,
  ko: KOREAN_STORIES,
  ja: JAPANESE_STORIES,
  es: SPANISH_STORIES,
  fr: FRENCH_STORIES,
  de: GERMAN_STORIES,
};
