/**
 * Reads what a prompt asks for: whose story, in which language, in how many scenes.
 *
 * @module
 */
import { z } from "zod";
import { STORY_LANGUAGES, type StoryLanguage } from "./gemini_story_book.ts";

/** What is to be written. */
export interface Brief {
  /** The language asked for, else that of the idea, else English. */
  readonly language: StoryLanguage;
  /** The idea in one line, without commands, emoji and control characters; may be empty. */
  readonly premise: string;
  /** Decides all choices. */
  readonly seed: string;
  /** Counts that are stated, by what is counted: `scenes`, `characters`, `frames`. */
  readonly counts: Readonly<Record<string, number>>;
  /** How long the narration of a scene should be; null when it is not said. */
  readonly wordsPerScene: number | null;
  /** Names of characters the prompt lists. */
  readonly names: readonly string[];
  /** What is seen in each scene of a film that is there already; empty when there is none. */
  readonly plots: readonly string[];
}

/** Longest premise, in characters: the idea stands at the start of a prompt. */
const MAX_PREMISE = 240;

/** How much of a prompt is looked at for counts and names. */
const MAX_SCAN = 20_000;

/** Reads a question's system instruction and prompt. */
export function readBrief(system: string, prompt: string): Brief {
  const text = prompt.slice(0, MAX_SCAN);
  const rules = system.slice(0, MAX_SCAN);
  const film = readFilm(prompt);
  const idea = film?.idea ?? findIdea(text);
  return {
    language: findLanguage(rules, text, idea),
    premise: cleanIdea(idea),
    seed: prompt,
    counts: { ...findCounts(text), ...findCounts(rules) },
    wordsPerScene: findWordsPerScene(`${rules}\n${text}`),
    names: findNames(text),
    plots: film?.plots ?? [],
  };
}

const Film = z.object({
  film: z.object({ title: z.string(), description: z.string().default("") }),
  scenes: z.array(z.object({ text: z.string().default(""), plot: z.string().default("") }))
    .default([]),
});

/** A film that is there, as JSON: what is to be written belongs to it. Null: the prompt is something else. */
function readFilm(
  text: string,
): { readonly idea: string; readonly plots: readonly string[] } | null {
  try {
    const { film, scenes } = Film.parse(JSON.parse(text));
    return {
      idea: film.description || film.title,
      plots: scenes.map(({ text, plot }) => plot || text),
    };
  } catch {
    return null;
  }
}

const IDEA_LABEL =
  "(?:user[ _]?)?(?:prompt|idea|premise|story|topic|subject|concept|theme|request|logline)";

/** The idea among other fields: a tag, a JSON field, a labelled line; else the whole text. */
function findIdea(text: string): string {
  const tag = new RegExp(`<(${IDEA_LABEL})>([\\s\\S]+?)</\\1>`, "i").exec(text)?.[2];
  if (tag !== undefined) return tag;
  const field = new RegExp(`"${IDEA_LABEL}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*")`, "i").exec(text)?.[1];
  if (field !== undefined) return unquote(field);
  return new RegExp(`^\\W*${IDEA_LABEL}\\W*[:=]\\s*(.+)$`, "im").exec(text)?.[1] ?? text;
}

function unquote(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

const COUNT_WORDS = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
];

/** Digits or a word; nothing longer, or a text of one endless word would take for ever. */
const COUNT = `(?<![a-z\\d])(\\d{1,2}|${COUNT_WORDS.join("|")})`;

/** Adjectives between number and noun: "3 short scenes", but not "20 words a scene". */
const BETWEEN = "(?:(?!words|a |per |each )[a-z]{1,20} ){0,2}?";

/** Number and noun, in either order, in the languages stories are written in. */
const COUNTED: readonly (readonly [string, RegExp])[] = [
  ["scenes", new RegExp(`${COUNT}[ -]${BETWEEN}(?:scene|shot|chapter|escena|scène|szene)`, "gi")],
  ["scenes", /(?:scenes?|shots?|escenas|scènes|Szenen)(?:[ _]count)?\s*[:=]\s*(\d{1,2})/gi],
  ["scenes", /(\d{1,2})\s*(?:개의?\s*)?(?:장면|씬|シーン|つの場面|場面)/g],
  ["scenes", /(?:장면|シーン|場面)\s*(?:수|数)?\s*[:：]?\s*(\d{1,2})/g],
  [
    "characters",
    new RegExp(`${COUNT}[ -]${BETWEEN}(?:character|personaje|personnage|figur)`, "gi"),
  ],
  ["characters", /characters?(?:[ _]count)?\s*[:=]\s*(\d{1,2})/gi],
  ["characters", /(\d{1,2})\s*명|(?:등장인물|登場人物)\s*[:：]?\s*(\d{1,2})/g],
  ["frames", new RegExp(`${COUNT}[ -]${BETWEEN}(?:frame|clip)`, "gi")],
  ["frames", /(?:frames?|clips?)(?:[ _]count)?\s*[:=]\s*(\d{1,2})/gi],
];

function findCounts(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [what, pattern] of COUNTED) {
    for (const match of text.matchAll(pattern)) {
      const word = (match[1] ?? match[2] ?? "").toLowerCase();
      const count = /^\d+$/.test(word) ? Number(word) : COUNT_WORDS.indexOf(word);
      if (count > 0) found[what] ??= count;
    }
  }
  return found;
}

/** "about 26 words a scene", "26 words per scene". */
function findWordsPerScene(text: string): number | null {
  const words = /(\d{1,3}) words (?:a|per|each|for each|for every) scene/i.exec(text)?.[1];
  return words === undefined ? null : Number(words);
}

/** Names as JSON fields or as list items, `- Mara: a young keeper`. */
function findNames(text: string): string[] {
  const fields = [...text.matchAll(/"name"\s*:\s*("(?:[^"\\]|\\.)*")/g)]
    .map((match) => unquote(match[1] ?? ""));
  const items = [...text.matchAll(/^\s*[-*•]\s*(\p{Lu}[\p{L} '’.-]{1,40}?)\s*[:(–—]/gmu)]
    .map((match) => match[1] ?? "");
  const tidy = [...fields, ...items].map((name) => stripNoise(name).slice(0, 60));
  return [...new Set(tidy)].filter((name) => name !== "").slice(0, 8);
}

const LANGUAGE_NAMES: Readonly<Record<string, StoryLanguage>> = {
  english: "en",
  korean: "ko",
  한국어: "ko",
  japanese: "ja",
  日本語: "ja",
  spanish: "es",
  español: "es",
  french: "fr",
  français: "fr",
  german: "de",
  deutsch: "de",
};

/** The commonest short words, which other languages have not. */
const LATIN_HINTS: readonly (readonly [StoryLanguage, RegExp])[] = [
  ["es", /(?<!\p{L})(?:el|los|las|una?|que|y|con|sobre|del|por|su)(?!\p{L})/giu],
  ["fr", /(?<!\p{L})(?:le|les|une?|des|qui|et|dans|avec|sur|du|son|sa)(?!\p{L})/giu],
  ["de", /(?<!\p{L})(?:der|das|ein|eine[nmr]?|und|mit|im|über|den|dem)(?!\p{L})/giu],
  ["en", /(?<!\p{L})(?:the|an?|of|and|with|who|to|in|about|that|is)(?!\p{L})/giu],
];

function findLanguage(system: string, prompt: string, idea: string): StoryLanguage {
  for (const text of [system, prompt]) {
    const stated = statedLanguage(text);
    if (stated !== undefined) return stated;
  }
  if (/\p{Script=Hangul}/u.test(idea)) return "ko";
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(idea)) return "ja";
  const [best] = LATIN_HINTS
    .map(([language, hint]) => ({ language, hits: idea.match(hint)?.length ?? 0 }))
    .sort((a, b) => b.hits - a.hits);
  return best !== undefined && best.hits > 0 ? best.language : "en";
}

/** "in Korean", "Language: ko-KR", "한국어로". */
function statedLanguage(text: string): StoryLanguage | undefined {
  const code = /lang(?:uage)?"?(?: is| code)?\s*[:=]?\s*"?([a-z]{2})(?:[-_][A-Za-z]{2,4})?\b/i.exec(
    text,
  )
    ?.[1]?.toLowerCase();
  const known = STORY_LANGUAGES.find((language) => language === code);
  if (known !== undefined) return known;
  const names = Object.keys(LANGUAGE_NAMES).join("|");
  const named = new RegExp(
    `(?:(?:\\bin|auf|en|language(?: is)?\\s*[:=]?)\\s*"?)(${names})|(한국어|日本語)[로で]`,
    "i",
  ).exec(text);
  return LANGUAGE_NAMES[(named?.[1] ?? named?.[2] ?? "").toLowerCase()];
}

/** Commands in front of an idea: "Please make a 30 second film about". */
const COMMANDS: readonly RegExp[] = [
  /^(?:please |can you |could you |i want |i'd like |we need |let's |now )+/i,
  /^(?:to )?(?:make|create|write|generate|produce|tell|give|show|film|animate|draft)\b(?: me| us)?\s*/i,
  /^(?:an?|the|one|some)?\s*(?:[\p{L}\d-]+ ){0,5}?(?:film|movie|video|story|tale|short|clip|trailer|script|documentary|animation|ad|scenes?)s?\b\s*(?:about|of|where|in which|showing|featuring|with|on|for|:|-)\s+/iu,
  /^(?:about|of|on|how (?:do|does|to|did)|what (?:is|are)|why (?:do|does|is|are))\s+/i,
  /^(?:the )?(?:history|story|life|art|science|origin|secret|power|beauty|making|importance) of /i,
  /^(?:an?|the|some)?\s*(?:film|movie|video|story|tale|clip|script)s?$/i,
];

/** Phrases that state length or language, not the story. */
const ASIDES =
  /\b(?:in|with|of|using)?\s*(?:exactly|at least|at most|about)?\s*\d{1,3}[ -](?:scenes?|shots?|seconds?|minutes?|characters?|frames?|clips?|words?)\b|\bin (?:english|korean|japanese|spanish|french|german)\b/gi;

function cleanIdea(idea: string): string {
  const sentences = stripNoise(idea.slice(0, 4000)).split(/(?<=[.!?。！？])\s+|[。！？]/u);
  for (const sentence of sentences) {
    let rest = sentence.replace(ASIDES, " ").replace(/\s+/g, " ").trim();
    for (const command of COMMANDS) rest = rest.replace(command, "");
    rest = rest.replace(/[\s.,;:!?。、…-]+$/u, "").replace(/^[\s.,;:!?"'“”«»-]+/u, "");
    if (
      /\p{L}{2}|[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(rest)
    ) {
      return [...rest].slice(0, MAX_PREMISE).join("");
    }
  }
  return "";
}

/** Leaves letters, digits and plain punctuation of any script, on one line. */
function stripNoise(text: string): string {
  return text.toWellFormed()
    .replace(/<[^>]{0,200}>/g, " ")
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\s]/gu, " ")
    .replace(/[{}[\]<>"`*_#|\\]/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
