/**
 * Subtitles as a SubRip file: what editors and desktop players read.
 *
 * There is no standard. Players agree on CR LF, numbers from 1 and a comma before the milliseconds; all of them
 * read HTML-like tags (`<i>`) and many `{\an8}`, and none knows an escape for them.
 *
 * @module
 */
import type { Cue } from "./captions.ts";

/** Has no width and allows no line break: it stands in the middle of what would be read as markup. */
const WORD_JOINER = "\u2060";

/**
 * Writes a SubRip file. UTF-8 without a byte order mark, which simple readers take for a part of the first number.
 */
export function writeSrt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, text }, index) =>
    `${index + 1}\r\n${timestamp(startMs)} --> ${timestamp(endMs)}\r\n${
      disarm(text).replaceAll("\n", "\r\n")
    }\r\n`
  );
  return blocks.join("\r\n");
}

function disarm(text: string): string {
  return text
    .replaceAll("-->", `--${WORD_JOINER}>`)
    .replace(/<(?=[/a-z])/gi, `<${WORD_JOINER}`)
    .replace(/\{(?=\\)/g, `{${WORD_JOINER}`);
}

function timestamp(ms: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(ms / 1000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${
    two(seconds % 60)
  },${String(ms % 1000).padStart(3, "0")}`;
}
