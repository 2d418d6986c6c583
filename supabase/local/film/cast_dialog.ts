/**
 * Asking for the user's word on the cast, on a terminal.
 *
 * @module
 */
import type { CastAnswer, CastMember, ConfirmCast } from "./cast.ts";
import { formatCast } from "./format_cast.ts";

const QUESTION = "Is this the cast? y confirms, r <name> draws somebody anew, q stops and keeps: ";

/** Asks a question and gives the line that was answered; null when nobody answers any more. */
export type Ask = (question: string) => Promise<string | null>;

/** Makes the asking. `say` shows the cast, `ask` asks; what can't be understood is asked again. */
export function createCastDialog(
  { say, ask }: { readonly say: (text: string) => void; readonly ask: Ask },
): ConfirmCast {
  return async (cast, note) => {
    if (note !== undefined) say(note);
    say(formatCast(cast));
    while (true) {
      const line = await ask(QUESTION);
      if (line === null) return { kind: "keep" };
      const answer = readAnswer(line, cast);
      if (typeof answer !== "string") return answer;
      say(answer);
    }
  };
}

/** Reads an answer; a text says what is wrong with it. */
export function readAnswer(line: string, cast: readonly CastMember[]): CastAnswer | string {
  const [, word = "", name = ""] = /^\s*(\S*)\s*(.*?)\s*$/u.exec(line) ?? [];
  switch (word.toLowerCase()) {
    case "y":
    case "yes":
      return { kind: "confirm" };
    case "q":
    case "quit":
      return { kind: "keep" };
    case "r": {
      const names = cast.map((one) => one.name).join(", ");
      if (name === "") return `Whom? r and one of: ${names}`;
      const wanted = fold(name);
      const member = cast.find((one) => fold(one.name) === wanted) ??
        cast.find((one) => fold(one.name).startsWith(wanted));
      return member === undefined
        ? `There is no "${name}" in the cast: ${names}`
        : { kind: "reroll", member };
    }
    default:
      return `Cannot understand "${line.trim()}": y, r <name> or q`;
  }
}

/** Names are typed in any case, and in either of Unicode's forms. */
function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
