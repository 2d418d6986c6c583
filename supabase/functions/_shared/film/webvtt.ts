/**
 * Subtitles as a WebVTT file: what browsers' `<track>` reads.
 *
 * Source: W3C WebVTT, sections 4 (syntax) and 6 (parsing), Candidate Recommendation; read 2026-11.
 *
 * @module
 */
import type { Cue } from "./captions.ts";

/**
 * Writes a WebVTT file. UTF-8, LF, no byte order mark. Direction needs no marks: a player takes it from each line's
 * first strong character.
 */
export function writeWebVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, text }, index) =>
    `${index + 1}\n${timestamp(startMs)} --> ${timestamp(endMs)}\n${escape(text)}\n`
  );
  return ["WEBVTT\n", ...blocks].join("\n");
}

/** `<` would begin a tag, `&` a reference; without `>` no text can look like a timing line. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function timestamp(ms: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(ms / 1000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${
    two(seconds % 60)
  }.${String(ms % 1000).padStart(3, "0")}`;
}
