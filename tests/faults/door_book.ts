/**
 * What each call through the door is about: which step of which provider's work, and whose.
 *
 * @module
 */

/** One call. */
export interface Passage {
  readonly provider: string;
  /**
   * `create` makes a task that costs money, `look` asks about one, `copy` fetches a file, `ask` is work that
   * is done when it is answered (text, speech).
   */
  readonly step: "create" | "look" | "copy" | "ask" | "other";
  /** The round's word, from the prompt or by the task it made. Null when it has none. */
  readonly word: string | null;
  /** Which attempt of ours a create says it is, by its callback URL. */
  readonly attemptId: string | null;
  /** The caller's TCP port. */
  readonly port: number;
  /** Whether it went on to the provider. */
  forwarded: boolean;
  /** HTTP status; null while there is no answer. */
  status: number | null;
}

/** A call as it comes. */
export interface ArrivingCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string;
  readonly port: number;
}

/** Everything that passed, and what is known from it. */
export interface DoorBook {
  readonly passages: readonly Passage[];
  /** Writes a call down. */
  enter(call: ArrivingCall): Passage;
  /** Reads an answer for the names it gives: tasks and files. */
  answer(passage: Passage, answer: { readonly status: number; readonly text: string }): void;
}

/** How a round marks its prompts: finds its calls in every log. */
export const WORD_FORM = /zq[0-9a-z]{8}/;

/** Opens an empty book. */
export function openDoorBook(): DoorBook {
  const passages: Passage[] = [];
  /** By task id and by file name. */
  const words = new Map<string, string>();

  return {
    passages,
    enter: ({ method, path, body, port }) => {
      const url = new URL(path, "http://door");
      const [, provider = "", ...rest] = url.pathname.split("/");
      const name = /\/requests\/([^/]+)/.exec(url.pathname)?.[1] ??
        url.searchParams.get("taskId") ?? rest.at(-1) ?? "";
      const step = stepOf(provider, method, url.pathname);
      const passage: Passage = {
        provider,
        step,
        word: step === "create" || step === "ask"
          ? WORD_FORM.exec(body)?.[0] ?? null
          : words.get(name) ?? null,
        attemptId: step === "create"
          ? /[?&]attempt=([0-9a-f-]{36})/.exec(`${decodeURIComponent(url.search)} ${body}`)?.[1] ??
            null
          : null,
        port,
        forwarded: false,
        status: null,
      };
      passages.push(passage);
      return passage;
    },
    answer: (passage, { status, text }) => {
      passage.status = status;
      const { word } = passage;
      if (word === null) return;
      for (const [, id = ""] of text.matchAll(/"(?:taskId|request_id)":"([^"]+)"/g)) {
        words.set(id, word);
      }
      for (const [, file = ""] of text.matchAll(/\/media\/([0-9a-z.]+)/g)) words.set(file, word);
    },
  };
}

function stepOf(provider: string, method: string, path: string): Passage["step"] {
  if (provider === "media") return "copy";
  if (path.endsWith("/createTask")) return "create";
  if (path.endsWith("/recordInfo")) return "look";
  if (provider === "fal") {
    if (path.includes("/requests/")) return method === "GET" ? "look" : "other";
    return method === "POST" ? "create" : "other";
  }
  return path.endsWith(":generateContent") || path.endsWith("/text:synthesize") ? "ask" : "other";
}
