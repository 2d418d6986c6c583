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
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/**
 * Cuts a narration into texts of one or two lines (separated by `\n`), in order and with nothing left out but
 * white space at the cuts. Empty for a text of white space.
 */
export function cutCaptions(text: string, layout: CaptionLayout): string[] {
  // Control characters have no width and would end up in files that forbid some of them.
  const clean = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  const sentences = segments(clean, layout, "sentence");
  return sentences.flatMap((sentence) => pack(splitSentence(sentence, layout), layout))
    .map((caption) => inLines(caption, layout) ?? caption);
}

/** Pieces that fit one by one: the sentence, else its clauses, else its words, else its characters. */
function splitSentence(sentence: string, layout: CaptionLayout): string[] {
  if (fits(sentence, layout)) return [sentence];
  const clauses: string[] = [];
  let clause = "";
  for (const word of segments(sentence, layout, "word")) {
    clause += word;
    if (CLAUSE_END.test(clause.trimEnd())) {
      clauses.push(clause);
      clause = "";
    }
  }
  clauses.push(clause);
  return clauses.flatMap((one) => fits(one, layout) ? [one] : balanceWords(one, layout));
}

/** Cuts at words into as few texts as needed, of about equal width: three words alone on a screen look lost. */
function balanceWords(text: string, layout: CaptionLayout): string[] {
  const words = segments(text, layout, "word").flatMap((word) =>
    fits(word, { ...layout, lineWidth: layout.lineWidth / 2 }) ? [word] : letters(word, layout)
  );
  const count = Math.ceil(widthOf(text) / (layout.lineWidth * 2));
  const share = widthOf(text) / count;
  const texts: string[] = [];
  let current = "";
  for (const word of words) {
    const isFull = widthOf(current) + widthOf(word) / 2 > share || !fits(current + word, layout);
    if (current.trim() !== "" && isFull && !isPunctuation(word)) {
      texts.push(current);
      current = "";
    }
    current += word;
  }
  texts.push(current);
  return texts;
}

/** A word longer than a line, such as a URL. */
function letters(word: string, { lineWidth }: CaptionLayout): string[] {
  const parts: string[] = [];
  let part = "";
  for (const { segment } of GRAPHEMES.segment(word)) {
    if (widthOf(part + segment) > lineWidth) {
      parts.push(part);
      part = "";
    }
    part += segment;
  }
  return [...parts, part];
}

/** Joins neighbours of one sentence as long as they fit together. */
function pack(pieces: readonly string[], layout: CaptionLayout): string[] {
  const packed: string[] = [];
  let current = "";
  for (const piece of pieces) {
    if (current.trim() !== "" && !fits(current + piece, layout)) {
      packed.push(current.trim());
      current = "";
    }
    current += piece;
  }
  packed.push(current.trim());
  return packed.filter((text) => text !== "");
}

function fits(text: string, layout: CaptionLayout): boolean {
  return inLines(text.trim(), layout) !== null;
}

/** One line, or two of about equal width broken between words; null when it takes more. */
function inLines(text: string, layout: CaptionLayout): string | null {
  const whole = widthOf(text);
  if (whole <= layout.lineWidth) return text;
  if (whole > layout.lineWidth * 2 + 1) return null;
  let best: { text: string; cost: number } | null = null;
  let head = "";
  for (const word of segments(text, layout, "word")) {
    const [first, second] = [head.trim(), text.slice(head.length).trim()];
    const longest = Math.max(widthOf(first), widthOf(second));
    if (first !== "" && second !== "" && longest <= layout.lineWidth && !isPunctuation(word)) {
      // A break after a clause is worth some imbalance.
      const cost = longest - (CLAUSE_END.test(first) ? 6 : 0);
      if (best === null || cost < best.cost) best = { text: `${first}\n${second}`, cost };
    }
    head += word;
  }
  return best?.text ?? null;
}

/** Punctuation never begins a line or a text; nor does a space. */
function isPunctuation(word: string): boolean {
  return /^[\s\p{Pe}\p{Pf}\p{Po}]/u.test(word);
}

function segments(
  text: string,
  { language }: CaptionLayout,
  granularity: "sentence" | "word",
): string[] {
  return Array.from(
    new Intl.Segmenter(language, { granularity }).segment(text),
    ({ segment }) => segment,
  );
}
