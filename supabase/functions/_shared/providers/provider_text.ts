/**
 * Other people's sentences in our errors.
 *
 * @module
 */

/** A provider's message that says more than this quotes our own request back to us. */
const MAX_CHARS = 300;

/**
 * Makes a provider's text fit for an error of ours: one line, at most 300 characters, without URLs,
 * whose query may carry a token. Anything but a text with letters gives "no message".
 */
export function providerText(value: unknown): string {
  if (typeof value !== "string") return "no message";
  const text = value.replace(/https?:\/\/\S+/gi, "(a URL)").replace(/[\s\p{Cc}]+/gu, " ").trim();
  if (text === "") return "no message";
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1)}…`;
}
