/**
 * Cuts a text into pieces a speech provider takes, so that each piece sounds whole.
 *
 * @module
 */

/** Ends a sentence wherever it stands: these scripts put no space after it. */
const WIDE_ENDS = new Set(["。", "！", "？", "｡", "\n", "।", "॥", "።", "។", "။"]);

/** Ends a sentence when white space or a closing mark follows, so that "3.14" and "e.g." mostly stay whole. */
const NARROW_ENDS = new Set([".", "!", "?", "…", "؟", "۔", "‽"]);

/** Belong to the sentence they close. */
const CLOSERS = new Set(['"', "'", ")", "]", "}", "”", "’", "»", "」", "』", "）", "】"]);

/**
 * Cuts a text into trimmed, non-empty pieces of at most `maxBytes` of UTF-8, each as long as
 * can be: cut after the last sentence end that fits, else after the last white space, else between two code
 * points. Only white space at the cuts is lost. Lone surrogates become U+FFFD.
 *
 * Returns `[]` for a text of white space only.
 *
 * @param maxBytes At least 4, the longest code point.
 */
export function splitText(text: string, maxBytes: number): string[] {
  if (maxBytes < 4) throw new RangeError(`maxBytes is ${maxBytes}: a code point needs up to 4`);
  const pieces: string[] = [];
  let rest = text.toWellFormed().trim();
  while (rest !== "") {
    const cut = findCut(rest, maxBytes);
    pieces.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return pieces;
}

/** Where the first piece ends, in UTF-16 units; more than 0. */
function findCut(text: string, maxBytes: number): number {
  let bytes = 0;
  let at = 0;
  let sentenceEnd = 0;
  let space = 0;
  let ending = false;
  for (const char of text) {
    const isSpace = /\s/.test(char);
    if (isSpace && at > 0) space = at;
    if (isSpace && ending) sentenceEnd = at;
    bytes += utf8Length(char);
    // White space past the limit is no loss: it is trimmed.
    if (bytes > maxBytes && !isSpace) return sentenceEnd || space || at;
    at += char.length;
    if (WIDE_ENDS.has(char)) sentenceEnd = at;
    else if (CLOSERS.has(char)) sentenceEnd = sentenceEnd === at - char.length ? at : sentenceEnd;
    ending = NARROW_ENDS.has(char) || (ending && CLOSERS.has(char));
  }
  return text.length;
}

function utf8Length(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
