/**
 * Spoils a model's text in the ways models do.
 *
 * @module
 */
import type { Writing } from "./gemini_response.ts";
import type { Fault } from "./simulator.ts";

/** More than any limit of a list. */
const EXTRA_ITEMS = 40;

/** What ends up in a text: characters PostgreSQL refuses, markup, direction marks. */
const HOSTILE = "\u0000\u0007\u001b[31m<script>alert(1)</script><img src=x onerror=alert(2)>" +
  "\u202egnp.exe\u202c'; drop table scenes; --\ud800{{7*7}}";

/** The length of the longest hostile text. */
const HOSTILE_LENGTH = 100_000;

/** Plays the faults that concern what was written; leaves the text as it is for all others. */
export function damageText(
  text: string,
  fault: Fault | null,
): Pick<Writing, "text" | "finishReason"> {
  switch (fault?.kind) {
    case "truncated":
      return { text: text.slice(0, Math.floor(text.length / 2)), finishReason: "MAX_TOKENS" };
    case "garbage":
      return { text: `Sure! Here it is:\n{"title": "Untitled", scenes: [,]`, finishReason: "STOP" };
    case "wrong_shape":
      return { text: '{"result": {"ok": true, "items": [1, 2, 3]}}', finishReason: "STOP" };
    case "too_many_scenes":
      return { text: editJson(text, lengthen), finishReason: "STOP" };
    case "hostile_text": {
      let count = 0;
      const spoil = (value: unknown) => {
        if (typeof value !== "string") return value;
        return count++ === 0 ? HOSTILE.repeat(HOSTILE_LENGTH / HOSTILE.length + 1) : HOSTILE;
      };
      return { text: editJson(text, spoil), finishReason: "STOP" };
    }
    default:
      return { text, finishReason: "STOP" };
  }
}

function lengthen(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return value;
  return [...value, ...Array.from({ length: EXTRA_ITEMS }, (_, i) => value[i % value.length])];
}

/** Edits every value of a JSON text, inner ones first; a text that is no JSON is edited as one value. */
function editJson(text: string, edit: (value: unknown) => unknown): string {
  try {
    return JSON.stringify(JSON.parse(text, (_, value: unknown) => edit(value)));
  } catch {
    return String(edit(text));
  }
}
