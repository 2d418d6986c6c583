/**
 * Strings that keep the limits a schema sets.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";

/** Limits in UTF-16 units. */
export interface TextLimits {
  /** At least this many. */
  readonly min: number;
  /** At most this many; undefined for no limit. */
  readonly max: number | undefined;
}

/** Fills words up to the least length, and cuts at white space, never inside a code point, to the most. */
export function fitText(text: string, limits: TextLimits): string {
  const words = text === "" ? "a quiet moment" : text;
  let fitted = text === "" ? words : text;
  while (fitted.length < limits.min) fitted = `${fitted} ${words}`;
  const { max } = limits;
  if (max === undefined || fitted.length <= max) return fitted;
  const cut = fitted.slice(0, max);
  const space = cut.lastIndexOf(" ");
  const kept = space >= Math.max(limits.min, max / 2) ? cut.slice(0, space) : cut;
  return kept.replace(/[\ud800-\udbff]$/, "");
}

/** A value of a named format, or null when the format says nothing about the characters. */
export function textForFormat(format: string | undefined, chooser: Chooser): string | null {
  const digits = (count: number) =>
    Array.from({ length: count }, () => chooser.between(0, 15).toString(16)).join("");
  const two = (min: number, max: number) => String(chooser.between(min, max)).padStart(2, "0");
  const date = () => `2026-${two(1, 12)}-${two(1, 28)}`;
  const time = () => `${two(0, 23)}:${two(0, 59)}:${two(0, 59)}`;
  switch (format) {
    case "uuid":
      return `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`;
    case "date-time":
      return `${date()}T${time()}Z`;
    case "date":
      return date();
    case "time":
      return time();
    case "email":
      return `someone.${digits(4)}@example.com`;
    case "uri":
    case "url":
      return `https://example.com/${digits(8)}`;
    default:
      return null;
  }
}

/** Shapes that short patterns ask for, tried in turn. */
const SHAPES = [
  "16:9",
  "1",
  "12",
  "2026",
  "a",
  "abc",
  "ab12",
  "a-quiet-moment",
  "a_quiet_moment",
  "A1",
  "#a1b2c3",
  "en",
  "en-US",
  "00:05",
  "1.0.0",
  "deadbeef",
  "ABC-123",
];

/** The text if it matches, else the first known shape that does, else the text: patterns are best effort. */
export function textForPattern(pattern: string, text: string): string {
  try {
    const matcher = new RegExp(pattern, "u");
    return [text, ...SHAPES].find((shape) => matcher.test(shape)) ?? text;
  } catch {
    return text;
  }
}
