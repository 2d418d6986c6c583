/**
 * The director as a client of the AI SDK talks to it, and the model behind it as a test directs it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import type { DirectorPage, DirectorProposal } from "../../shared/mod.ts";
import type { Script } from "../../supabase/local/providers/scripts.ts";
import { createProject, post, stack, type TestUser, uniqueWord, withDatabase } from "./studio.ts";

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

/** Has the model call one tool on a page, and gives what the tool said to it. */
export async function useTool(
  user: TestUser,
  place: Place,
  name: string,
  args: Record<string, unknown>,
) {
  const word = uniqueWord();
  await direct({ matching: word, steps: [{ calls: [{ name, args }] }, { text: ["Done."] }] });
  const { outputs, errors, proposals } = await withFreshTurn(
    user,
    () => talk(user, place, `Please ${word}`),
  );
  assert.deepEqual(errors, []);
  const output = outputs[0] as Record<string, unknown>;
  assert.ok(output, `${name} is no tool of the page, or refused ${JSON.stringify(args)}`);
  return { output, proposals };
}

/** Has the model propose one thing, and gives the proposal. */
export async function proposeBy(
  user: TestUser,
  place: Place,
  name: string,
  args: Record<string, unknown>,
): Promise<DirectorProposal> {
  const { output, proposals } = await useTool(user, place, name, args);
  const [proposal] = proposals;
  assert.ok(proposal, JSON.stringify(output));
  return proposal;
}

/** The code of a tool that failed. */
export function codeOf(output: Record<string, unknown>): string | undefined {
  return (output["error"] as { code: string } | undefined)?.code;
}

/** Turns a minute are few: those before count as yesterday's. */
export async function withFreshTurn<T>(user: TestUser, run: () => Promise<T>): Promise<T> {
  await withDatabase((sql) =>
    sql`update public.director_messages set created_at = created_at - interval '1 day'
      where user_id = ${user.id}`
  );
  return await run();
}

/** A project with a cast whose reference pictures are drawn, and shots with a picture each. */
export async function createFilmProject(user: TestUser, texts: readonly string[]) {
  const { project, scenes } = await createProject(user, texts);
  const { supabase } = user.studio;
  const { data: characters } = await supabase.from("characters").insert([
    { project_id: project.id, name: "Mina", description: "A girl in a yellow coat" },
    { project_id: project.id, name: "Grandfather", description: "An old man with a stick" },
  ]).select().order("created_at").throwOnError();
  const { data: frames } = await supabase.from("frames").insert(
    scenes.map(({ id }) => ({
      project_id: project.id,
      scene_id: id,
      index: 1,
      camera: "wide",
      action: "Mina flies a kite",
    })),
  ).select().order("created_at").throwOnError();
  await supabase.from("frame_characters").insert(frames.map(({ id }) => ({
    project_id: project.id,
    frame_id: id,
    character_id: characters.find(({ name }) => name === "Mina")?.id ?? "",
  }))).throwOnError();
  const draw = async (of: { character_id: string } | { frame_id: string }) => {
    const { jobs } = await user.studio.call("generate-image", { project_id: project.id, ...of });
    await user.studio.watch(jobs.map(({ id }) => id), { intervalMs: 100 });
  };
  await Promise.all(characters.map(({ id }) => draw({ character_id: id })));
  await Promise.all(frames.map(({ id }) => draw({ frame_id: id })));
  return { project, scenes, characters, frames };
}

/** Waits until a production works on a stage. Fails when it has ended, or half a minute has passed. */
export async function untilStage(user: TestUser, jobId: string, stage: string): Promise<void> {
  const late = AbortSignal.timeout(30_000);
  for (;;) {
    late.throwIfAborted();
    const [row] = await user.studio.jobs([jobId]);
    if (row?.stage === stage) return;
    assert.equal(row?.finished_at, null, JSON.stringify(row?.error));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
