/**
 * One turn: the model is asked, uses tools, and its answer leaves as a UI message stream of the AI SDK.
 *
 * @module
 */
import {
  createUIMessageStream,
  createUIMessageStreamResponse,
  isStepCount,
  type LanguageModelUsage,
  streamText,
  toUIMessageStream,
  type UIMessage,
  type UIMessageStreamWriter,
} from "ai";
import type { DirectorPage, DirectorProposal } from "../../../../shared/contract/director.ts";
import { AppError } from "../app_error.ts";
import type { Client } from "../database/rpc.ts";
import type { Log } from "../log.ts";
import { type ChatModel, createChatModel } from "../providers/chat_model.ts";
import { type BegunTurn, createProposal, finishTurn, type NewProposal } from "./conversation.ts";
import { detachedStream } from "./detached_stream.ts";
import { promptMessages, systemPrompt } from "./prompt.ts";
import { keptParts } from "./kept_parts.ts";
import { createToolSet } from "./tool_set.ts";
import { turnError, turnErrorText } from "./turn_error.ts";
import { MAX_INPUT_TOKENS, MAX_OUTPUT_TOKENS, MAX_STEPS, TURN_MS } from "./turn_limits.ts";

/** Proxies close a connection that is silent for a minute, some for half of one. */
const KEEP_ALIVE_MS = 15_000;

/** What a turn is made of. */
export interface Turn {
  /** See `beginTurn`. */
  readonly begun: BegunTurn;
  /** The verified user. */
  readonly userId: string;
  /** What it is about. */
  readonly projectId: string;
  /** Where the user is. */
  readonly page: DirectorPage;
  /** What the user says. */
  readonly text: string;
  /** With the user's own rights: for tools. */
  readonly client: Client;
  /** For the conversation and its proposals alone. */
  readonly service: Client;
  /** Named in errors. */
  readonly requestId: string;
  /** Its lines carry the request's id. */
  readonly log: Log;
  /** Between signs of life, for tests. Default 15 s. */
  readonly keepAliveMs?: number;
  /** How long it may take, for tests. Default 100 s. */
  readonly turnMs?: number;
}

/** A turn under way. */
export interface RunningTurn {
  /** Server-sent events. Whoever stops reading ends the model's call. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Settles when the answer is kept. Never rejects. */
  readonly done: Promise<void>;
}

type DirectorMessage = UIMessage<unknown, { proposal: DirectorProposal }>;

/** Runs a turn. Throws `PROVIDER_NOT_CONFIGURED`; whatever fails later is an error part of the stream. */
export function runTurn(turn: Turn): RunningTurn {
  const left = new AbortController();
  const timeoutMs = turn.turnMs ?? TURN_MS;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([left.signal, late]);
  const { log } = turn;
  const chat = createChatModel(turn.begun.models, { signal, timeoutMs, log });
  const messageId = crypto.randomUUID();
  const spent = { inputTokens: 0, outputTokens: 0 };
  let failure: AppError | undefined;
  let settle: () => void = () => {};
  const kept = new Promise<void>((resolve) => settle = resolve);

  const messages = createUIMessageStream<DirectorMessage>({
    generateId: () => messageId,
    onError: (error) => turnErrorText(turnError(error), turn.requestId),
    execute: async ({ writer }) => {
      failure = await answer(writer, { turn, chat, signal, spent });
      // Nobody is told of a failure that is their own leaving.
      if (left.signal.aborted) failure = undefined;
      else if (late.aborted) {
        failure = new AppError("TURN_INCOMPLETE", "Cannot go on: the turn took too long");
      }
      if (failure !== undefined) {
        log.error("director_turn", { code: failure.code }, failure);
        writer.write({ type: "error", errorText: turnErrorText(failure, turn.requestId) });
      }
      writer.write({ type: "finish" });
    },
    onEnd: async ({ responseMessage }) => {
      try {
        const parts = keptParts(responseMessage.parts, failure);
        if (Array.isArray(parts) && parts.length > 0) {
          await finishTurn(turn.service, turn, { messageId, parts, ...spent });
        }
        log.info("director_turn", {
          outcome: left.signal.aborted ? "left" : failure?.code ?? "answered",
          provider: chat.provider,
          input_tokens: spent.inputTokens,
          output_tokens: spent.outputTokens,
        });
      } catch (error) {
        log.error("director_turn_not_kept", {}, error);
      } finally {
        settle();
      }
    },
  });
  const { body } = createUIMessageStreamResponse({
    stream: messages,
    keepAliveMs: turn.keepAliveMs ?? KEEP_ALIVE_MS,
  });
  if (body === null) throw new Error("A stream's response has a body");
  const { stream, done } = detachedStream(body, () => left.abort());
  return { stream, done: Promise.all([done, kept]).then(() => {}) };
}

function hasReadEnough(steps: readonly { readonly usage: LanguageModelUsage }[]): boolean {
  return steps.reduce((sum, { usage }) => sum + (usage.inputTokens ?? 0), 0) > MAX_INPUT_TOKENS;
}

interface Asked {
  readonly turn: Turn;
  readonly chat: ChatModel;
  readonly signal: AbortSignal;
  /** Counted up, a step at a time. */
  readonly spent: { inputTokens: number; outputTokens: number };
}

/** Asks the model and writes what it says. Gives what went wrong, or nothing. */
async function answer(
  writer: UIMessageStreamWriter<DirectorMessage>,
  { turn, chat, signal, spent }: Asked,
): Promise<AppError | undefined> {
  const { begun, client, projectId, page, log } = turn;
  const propose = async (proposal: NewProposal) => {
    const made = await createProposal(turn.service, turn, proposal);
    writer.write({ type: "data-proposal", id: made.proposal_id, data: made });
    return made;
  };
  let failure: AppError | undefined;
  let hasSpoken = false;
  const result = streamText({
    model: chat.model,
    providerOptions: chat.providerOptions,
    instructions: systemPrompt(page),
    messages: promptMessages(begun, turn.text),
    tools: createToolSet(page, { client, projectId, log, propose }),
    // In the order the model wants them: a scene is rewritten before it is moved.
    toolCallConcurrency: 1,
    stopWhen: [isStepCount(MAX_STEPS), ({ steps }) => hasReadEnough(steps.slice(0, -1))],
    prepareStep: ({ stepNumber, steps }) =>
      stepNumber === MAX_STEPS - 1 || hasReadEnough(steps) ? { toolChoice: "none" } : {},
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    maxRetries: 0,
    abortSignal: signal,
    onStepEnd: ({ usage }) => {
      spent.inputTokens += usage.inputTokens ?? 0;
      spent.outputTokens += usage.outputTokens ?? 0;
    },
    // Told below; by default it is printed.
    onError: ({ error }) => {
      failure ??= turnError(error);
    },
  });
  const chunks = toUIMessageStream({
    stream: result.stream,
    sendReasoning: false,
    sendFinish: false,
    onError: (error) => turnErrorText(turnError(error), turn.requestId),
  });
  try {
    for await (const chunk of chunks) {
      if (chunk.type === "text-delta" && chunk.delta.trim() !== "") hasSpoken = true;
      // An end that is ours to explain: see the caller.
      if (chunk.type === "error" || chunk.type === "abort") continue;
      writer.write(chunk as Parameters<typeof writer.write>[0]);
    }
  } catch (error) {
    failure ??= turnError(error);
  }
  if (signal.aborted) return undefined;
  if (failure !== undefined) return failure;
  const finishReason: string = await Promise.resolve(result.finishReason).catch(() => "error");
  if (finishReason === "content-filter") {
    return new AppError("CONTENT_REFUSED", "Cannot answer: the provider's safety rules refused it");
  }
  if (finishReason === "tool-calls") {
    return new AppError(
      "TURN_INCOMPLETE",
      `Cannot go on: ${MAX_STEPS} steps and ${MAX_INPUT_TOKENS} tokens a turn are allowed`,
    );
  }
  if (finishReason !== "stop" && finishReason !== "length") {
    return new AppError("PROVIDER_UNAVAILABLE", "Cannot answer: the model's answer broke off");
  }
  return hasSpoken
    ? undefined
    : new AppError("TURN_INCOMPLETE", "Cannot answer: the model said nothing");
}
