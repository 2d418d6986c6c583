/**
 * Talking to the director.
 *
 * @module
 */
import { z } from "zod";
import {
  DIRECTOR_PAGES,
  directorTool,
  MAX_DIRECTOR_BODY_BYTES,
  MAX_DIRECTOR_MESSAGE_BYTES,
} from "./director.ts";
import { id } from "./fields.ts";
import { characterRow } from "./film.ts";
import { jobRow } from "./job.ts";
import { money, type OperationDefinition } from "./operation.ts";

/**
 * A message as `useChat` of the AI SDK keeps it. Only the last one's text is read: how many there are, and of how
 * many parts, is bounded by the body alone, or a long conversation could not be gone on with.
 */
const uiMessage = z.looseObject({
  role: z.enum(["system", "user", "assistant"]),
  parts: z.array(z.looseObject({ type: z.string().max(200) })),
});

/**
 * One of three: a turn (what the AI SDK's `DefaultChatTransport` sends, with `project_id` and `page` in its
 * `body`), a person's yes to a proposal, or the list of pages.
 */
export const directorRequest = z.strictObject({
  /** The client's name of the chat: not used, the conversation is the project's. */
  id: z.string().max(200).optional(),
  /** The last one must be the user's, and text; what was said before is read from `director_messages`. */
  messages: z.array(uiMessage).min(1).optional(),
  /** `regenerate-message` answers the last turn anew. */
  trigger: z.enum(["submit-message", "regenerate-message"]).default("submit-message"),
  /** The client's name of the message: not used. */
  messageId: z.string().max(200).optional(),
  /** What it is about. */
  project_id: id.optional(),
  /** Where the user is: decides which tools there are. */
  page: z.enum(DIRECTOR_PAGES).default("project"),
  /** A proposal to be run, once. */
  confirm: id.optional(),
  /** Asks for the pages and their tools: `GET director?pages`. */
  pages: z.enum(["", "true"]).optional(),
}).superRefine(({ messages, confirm, pages, project_id }, context) => {
  const refuse = (path: string[], message: string) =>
    context.addIssue({ code: "custom", path, message });
  if ([messages, confirm, pages].filter((part) => part !== undefined).length !== 1) {
    refuse([], "Give exactly one of messages, confirm and pages");
  }
  if (messages === undefined) return;
  if (project_id === undefined) refuse(["project_id"], "Name the project that this is about");
  const last = messages.at(-1);
  if (last?.role !== "user") return refuse(["messages"], "The last message must be the user's");
  if (last.parts.some((part) => part.type !== "text" || typeof part["text"] !== "string")) {
    return refuse(["messages"], "The last message must be text");
  }
  const text = directorText({ messages });
  if (text === "") refuse(["messages"], "The last message is empty");
  if (new TextEncoder().encode(text).length > MAX_DIRECTOR_MESSAGE_BYTES) {
    refuse(["messages"], `The last message is longer than ${MAX_DIRECTOR_MESSAGE_BYTES} bytes`);
  }
});

/** What the user says in a turn: the text of the last message. */
export function directorText(
  { messages }: { readonly messages: readonly { readonly parts: readonly object[] }[] },
): string {
  return (messages.at(-1)?.parts ?? [])
    .map((part) => "text" in part && typeof part.text === "string" ? part.text : "")
    .join("\n").trim();
}

/** By name. */
export const DIRECTOR_OPERATIONS = {
  "director": {
    caller: "user",
    spends: false,
    reads: true,
    maxBytes: MAX_DIRECTOR_BODY_BYTES,
    status: 200,
    summary:
      "Talk to the director (a UI message stream of the AI SDK), confirm what it proposes, " +
      "list its pages",
    request: directorRequest,
    response: z.union([
      z.object({
        pages: z.array(z.object({
          page: z.enum(DIRECTOR_PAGES),
          description: z.string(),
          tools: z.array(directorTool),
        })),
      }),
      // As the operation that was proposed answers; status 202.
      z.looseObject(money),
      z.object({ characters: z.array(characterRow) }),
      z.object({ job: jobRow, cancelled_count: z.int(), balance: z.int() }),
      z.object({ scene_id: id, deleted: z.literal(true) }),
    ]),
  },
} as const satisfies Record<string, OperationDefinition>;
