/**
 * Narration cut into the texts of subtitles: whole sentences where they fit, else clauses, else words, each
 * text at most two lines of a readable width. Works for scripts without spaces.
 *
 * @module
 */

/**
 * Widths count Latin letters; a Han, Kana or Hangul character is as wide as two. 42 a line is the usual limit for
 * Latin text; text of wide characters is read by the character, so its lines are shorter: 18 of them.
 * Source: Netflix Timed Text Style Guides, general requirements and the ones of Japanese and Korean (read 2026-11).
 */
const LINE_WIDTH = 42;
const WIDE_LINE_WIDTH = 36;

/** A text counts as one of wide characters from this share of its width on. */
const WIDE_SHARE = 0.5;

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;

/** After these a reader pauses: the best places to break a sentence that is too long. */
const CLAUSE_END =
  /[,;:\u2014\u2013\u2026\u060c\u061b\u3001\uff0c\uff1b\uff1a\u30fb]["'\u2019\u201d\u300d\u300f)\]]*$/u;

/** The mark and some closing quotes and brackets. */
const LONGEST_CLAUSE_END = 6;

/** What a reader takes for one character. */
const GRAPHEMES = new Intl.Segmenter("und", { granularity: "grapheme" });

/** How texts are laid out. */
export interface CaptionLayout {
  /** BCP 47 tag: decides where sentences and words end. */
  readonly language: string;
  /** Most of a line, in Latin letters. */
  readonly lineWidth: number;
}

/** Chooses the layout for a narration. An unknown language is treated as any other. */
export function layoutFor(text: string, language: string): CaptionLayout {
  const all = widthOf(text);
  let wide = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    if (WIDE.test(segment)) wide += 2;
  }
  const known = isLanguage(language) ? language : "und";
  return { language: known, lineWidth: wide > all * WIDE_SHARE ? WIDE_LINE_WIDTH : LINE_WIDTH };
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** Measures a text in Latin letters; what is one character to a reader counts once. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** A word, a space or a mark, measured once: a text may have ten thousand of them. */
interface Word {
  readonly text: string;
  readonly width: number;
}

/**
 * Cuts a narration into texts of one or two lines (separated by `\n`), in order and with nothing left out but
 * white space at the cuts. Empty for a text of white space.
 */
export function cutCaptions(text: string, layout: CaptionLayout): string[] {
  // Control characters have no width and would end up in files that forbid some of them.
  const clean = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  const words = new Intl.Segmenter(layout.language, { granularity: "word" });
  const sentences = new Intl.Segmenter(layout.language, { granularity: "sentence" });
  return Array.from(sentences.segment(clean)).flatMap(({ segment }) => {
    const sentence = Array.from(words.segment(segment)).flatMap((word) =>
      splitWord(word.segment, layout)
    );
    return pack(splitSentence(sentence, layout), layout);
  });
}

/** Cuts a word that is longer than a line, such as a URL. */
function splitWord(text: string, { lineWidth }: CaptionLayout): Word[] {
  const width = widthOf(text);
  if (width <= lineWidth) return [{ text, width }];
  const parts: Word[] = [];
  let part = { text: "", width: 0 };
  for (const { segment } of GRAPHEMES.segment(text)) {
    const more = widthOf(segment);
    if (part.width + more > lineWidth) {
      parts.push(part);
      part = { text: "", width: 0 };
    }
    part = { text: part.text + segment, width: part.width + more };
  }
  return [...parts, part];
}

/** Pieces that fit one by one: the sentence, else its clauses, else some of its words. */
function splitSentence(sentence: readonly Word[], layout: CaptionLayout): (readonly Word[])[] {
  if (inLines(sentence, layout) !== null) return [sentence];
  const clauses: Word[][] = [[]];
  let tail = "";
  for (const word of sentence) {
    clauses.at(-1)?.push(word);
    tail = (tail + word.text).slice(-LONGEST_CLAUSE_END);
    if (CLAUSE_END.test(tail.trimEnd())) {
      clauses.push([]);
      tail = "";
    }
  }
  return clauses.flatMap((one) =>
    inLines(one, layout) === null ? balanceWords(one, layout) : [one]
  );
}

/** Cuts at words into as few texts as needed, of about equal width: three words alone on a screen look lost. */
function balanceWords(words: readonly Word[], layout: CaptionLayout): Word[][] {
  const width = sumOf(words);
  const share = width / Math.ceil(width / (layout.lineWidth * 2));
  const texts: Word[][] = [];
  let current: Word[] = [];
  for (const word of words) {
    const isOver = inLines([...current, word], layout) === null;
    const isFull = isOver || sumOf(current) + word.width / 2 > share;
    // A mark stays with its word, unless there is no room for it at all.
    const mayCut = !isPunctuation(word) || (isOver && sumOf(current) >= layout.lineWidth);
    if (isFull && mayCut && !isBlank(current)) {
      texts.push(current);
      current = [];
    }
    current.push(word);
  }
  return [...texts, current];
}

/** Joins neighbours of one sentence as long as they fit together, and breaks their lines. */
function pack(pieces: readonly (readonly Word[])[], layout: CaptionLayout): string[] {
  const packed: string[] = [];
  let current: readonly Word[] = [];
  const finish = () => {
    // Words that can't be broken into lines stay whole: better a wide line than a lost word.
    if (!isBlank(current)) packed.push(inLines(current, layout) ?? textOf(current));
  };
  for (const piece of pieces) {
    const joined = [...current, ...piece];
    if (!isBlank(current) && inLines(joined, layout) === null) {
      finish();
      current = piece;
    } else current = joined;
  }
  finish();
  return packed;
}

/** One line, or two of about equal width broken between words; null when it takes more. */
function inLines(words: readonly Word[], { lineWidth }: CaptionLayout): string | null {
  const first = words.findIndex((word) => !isSpace(word));
  const last = words.findLastIndex((word) => !isSpace(word));
  const shown = words.slice(Math.max(0, first), last + 1);
  const whole = sumOf(shown);
  if (whole <= lineWidth) return textOf(shown);
  // Of two lines, with the space between them.
  if (whole > lineWidth * 2 + 1) return null;
  let best: { at: number; cost: number } | null = null;
  let width = 0;
  for (const [at, word] of shown.entries()) {
    const before = shown[at - 1];
    if (before !== undefined && !isPunctuation(word)) {
      const longest = Math.max(width - (isSpace(before) ? before.width : 0), whole - width);
      // A break after a clause is worth some imbalance.
      const end = shown[isSpace(before) ? at - 2 : at - 1];
      const cost = longest - (CLAUSE_END.test(end?.text ?? "") ? 6 : 0);
      if (longest <= lineWidth && (best === null || cost < best.cost)) best = { at, cost };
    }
    width += word.width;
  }
  if (best === null) return null;
  return `${textOf(shown.slice(0, best.at))}\n${textOf(shown.slice(best.at))}`;
}

function textOf(words: readonly Word[]): string {
  return words.map(({ text }) => text).join("").trim();
}

function sumOf(words: readonly Word[]): number {
  return words.reduce((sum, { width }) => sum + width, 0);
}

function isBlank(words: readonly Word[]): boolean {
  return words.every(isSpace);
}

function isSpace({ text }: Word): boolean {
  return text.trim() === "";
}

/** Punctuation never begins a line or a text; nor does a space. */
function isPunctuation({ text }: Word): boolean {
  return /^[\s\p{Pe}\p{Pf}\p{Po}]/u.test(text);
}
