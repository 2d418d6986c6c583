/**
 * Makes a model's text safe to store.
 *
 * @module
 */

/** Control characters except tab and line feed; PostgreSQL refuses NUL, terminals obey the others. */
// deno-lint-ignore no-control-regex -- they are what is removed
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Marks that turn the direction of the text after them, and can make it read as something else. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Cleans every string of a JSON value: control characters and direction overrides go, lone surrogates
 * become U+FFFD. Markup stays: it is text, and escaped where it is shown.
 */
export function cleanText(value: unknown): unknown {
  if (typeof value === "string") {
    return value.toWellFormed().replace(CONTROL, "").replace(DIRECTION, "");
  }
  if (Array.isArray(value)) return value.map(cleanText);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleanText(one)]));
}
