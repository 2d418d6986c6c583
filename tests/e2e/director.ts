/**
 * The director as a client of the AI SDK talks to it, and the model behind it as a test directs it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import type { DirectorPage, DirectorProposal } from "../../shared/mod.ts";
import type { Script } from "../../supabase/local/providers/scripts.ts";
import { post, stack, type TestUser } from "./studio.ts";

/** A message with the director's own parts. */
export type DirectorMessage = UIMessage<unknown, { proposal: DirectorProposal }>;

/** Where a test talks. */
export interface Place {
  readonly projectId: string;
  /** Default: the project's own. */
  readonly page?: DirectorPage;
}

/** The AI SDK's own transport, as a client sets it up. */
export function transportOf(
  user: TestUser,
  { projectId, page = "project" }: Place,
): DefaultChatTransport<DirectorMessage> {
  return new DefaultChatTransport({
    api: `${stack.url}/functions/v1/director`,
    headers: { Authorization: `Bearer ${user.token}` },
    body: { project_id: projectId, page },
  });
}

/** A message of a user. */
export function userMessage(text: string): DirectorMessage {
  return { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] };
}

/** What came of a turn. */
export interface Talked {
  readonly chunks: readonly UIMessageChunk[];
  readonly message: DirectorMessage | undefined;
  readonly text: string;
  readonly proposals: readonly DirectorProposal[];
  /** Outputs of tools, in their order. */
  readonly outputs: readonly unknown[];
  /** Codes of `error` parts. */
  readonly errors: readonly string[];
}

/** Says something and hears the answer to its end. */
export async function talk(
  user: TestUser,
  place: Place,
  text: string,
  more: { readonly trigger?: "submit-message" | "regenerate-message" } = {},
): Promise<Talked> {
  const stream = await transportOf(user, place).sendMessages({
    chatId: "chat-1",
    messages: [userMessage(text)],
    trigger: more.trigger ?? "submit-message",
    messageId: undefined,
    abortSignal: undefined,
  });
  return await hear(stream);
}

/** Reads an answer to its end. */
export async function hear(stream: ReadableStream<UIMessageChunk>): Promise<Talked> {
  const [mine, theirs] = stream.tee();
  const chunks: UIMessageChunk[] = [];
  let message: DirectorMessage | undefined;
  await Promise.all([
    (async () => {
      for await (const chunk of mine) chunks.push(chunk);
    })(),
    (async () => {
      for await (
        const state of readUIMessageStream<DirectorMessage>({ stream: theirs, onError: () => {} })
      ) message = state;
    })(),
  ]);
  const parts = message?.parts ?? [];
  return {
    chunks,
    message,
    text: parts.flatMap((part) => part.type === "text" ? [part.text] : []).join(""),
    proposals: parts.flatMap((part) => part.type === "data-proposal" ? [part.data] : []),
    outputs: parts.flatMap((part) =>
      "output" in part && part.output !== undefined ? [part.output] : []
    ),
    errors: chunks.flatMap((chunk) =>
      chunk.type === "error" ? [String(JSON.parse(chunk.errorText)["code"])] : []
    ),
  };
}

/** Tells the simulated model what to do in conversations that contain a word. */
export async function direct(script: Script): Promise<void> {
  const response = await fetch(`${stack.providersUrl}/_control/scripts`, {
    method: "POST",
    body: JSON.stringify(script),
  });
  assert.equal(response.status, 204, await response.text());
}

/** Confirms a proposal, as a client does. */
export async function confirm(user: TestUser, proposalId: string, key?: string) {
  return await post("director", { confirm: proposalId }, {
    Authorization: `Bearer ${user.token}`,
    ...(key === undefined ? {} : { "Idempotency-Key": key }),
  });
}
