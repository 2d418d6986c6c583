/**
 * What is kept of an answer: enough to show it again.
 *
 * @module
 */
import type { UIMessage } from "ai";
import type { Json } from "../../../../shared/database.types.ts";
import type { AppError } from "../app_error.ts";
import { cleanText } from "../providers/clean_text.ts";

/** Half of what the table takes: JSON in Postgres is written with spaces. */
const MAX_KEPT_CHARS = 120_000;

/** Fields of a part that a client shows. What else there is (thought signatures) is the vendor's. */
const FIELDS = [
  "type",
  "text",
  "id",
  "data",
  "toolCallId",
  "state",
  "input",
  "output",
  "errorText",
];

/** Plain JSON of an answer's parts, and of what it failed with as a part `data-error`. */
export function keptParts(
  parts: UIMessage["parts"],
  failure: AppError | undefined,
): Json {
  const shown = parts.filter(({ type }) => type !== "step-start").map((part) => ({
    type: part.type,
    ...Object.fromEntries(Object.entries(part).filter(([name]) => FIELDS.includes(name))),
    ...endOf(part),
  }));
  const { code, message } = failure ?? {};
  const all = failure === undefined
    ? shown
    : [...shown, { type: "data-error", data: { code, message } }];
  const plain = JSON.stringify(cleanText(all));
  if (plain.length <= MAX_KEPT_CHARS) return JSON.parse(plain);
  // What was said and proposed stays; what tools read can be read again.
  const short = all.filter(({ type }) => !type.startsWith("tool-"));
  return JSON.parse(JSON.stringify(cleanText(short)));
}

/** Nothing of what is kept goes on: a part that the turn's end cut off is over too. */
function endOf(part: UIMessage["parts"][number]): { state?: string; errorText?: string } {
  if (part.type === "text") return { state: "done" };
  if (!part.type.startsWith("tool-") || !("state" in part)) return {};
  return String(part.state).startsWith("output-")
    ? {}
    : { state: "output-error", errorText: "The turn ended before the tool did" };
}
