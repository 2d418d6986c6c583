/**
 * How a proposal's title names things. Names and titles are anybody's text: a person reads them right before a
 * click, so they are short, on one line, and in quotation marks of ours.
 *
 * @module
 */

/** Most characters of somebody's text. */
const MAX_CHARS = 60;

/** A text on one line, cut, in quotation marks that it can't close. */
export function quoted(text: string): string {
  // Controls and marks that reorder a line would let a name pass for words of ours.
  const line = text.replace(/[\p{Cc}\s\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").replace(
    /[“”]/gu,
    "'",
  ).trim();
  const characters = Array.from(line);
  return `“${characters.slice(0, MAX_CHARS).join("")}${characters.length > MAX_CHARS ? "…" : ""}”`;
}

/** A scene: its number first, since its own title is anybody's text. */
export function named({ index, title }: { index: number; title: string }): string {
  return `scene ${index}${title.trim() === "" ? "" : ` (${quoted(title)})`}`;
}
