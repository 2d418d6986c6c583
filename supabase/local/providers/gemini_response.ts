/**
 * Wraps a text as the Gemini API answers it: whole, or as server-sent events.
 *
 * @module
 */
import { type Answer, jsonAnswer } from "./google_rpc.ts";

/** What a model wrote. */
export interface Writing {
  /** The model asked for. */
  readonly model: string;
  /** The model that answered. */
  readonly modelVersion: string;
  /** All text of the request, for counting. */
  readonly question: string;
  /** The answer; null for an answer without candidates. */
  readonly text: string | null;
  /** MAX_TOKENS when the text was cut off. */
  readonly finishReason: "STOP" | "MAX_TOKENS";
  /** Why the prompt was refused; absent when it was not. */
  readonly blockReason?: "PROHIBITED_CONTENT" | "SAFETY";
  /** The category whose setting refused the prompt; absent when none did. */
  readonly blockedFor?: string;
}

/** About four characters make a token. */
const CHARACTERS_PER_TOKEN = 4;

/** What a small model thinks before it writes. */
const THOUGHT_TOKENS = 128;

/** Characters an event carries. */
const EVENT_CHARACTERS = 160;

/** Answers `:generateContent`. */
export function wholeAnswer(writing: Writing): Answer {
  return jsonAnswer(envelope(writing, responseId(), writing.text, true));
}

/**
 * Answers `:streamGenerateContent?alt=sse`: one `data:` line an event, ended by CRLF twice; the last one
 * carries finishReason and usage; no `[DONE]`.
 */
export function streamedAnswer(writing: Writing): Answer {
  const id = responseId();
  const pieces = writing.text === null ? [null] : cut(writing.text);
  const events = pieces.map((piece, i) =>
    `data: ${JSON.stringify(envelope(writing, id, piece, i === pieces.length - 1))}\r\n\r\n`
  );
  return { status: 200, body: events.join(""), contentType: "text/event-stream" };
}

/** Answers `:streamGenerateContent` without `alt=sse`: one JSON array. */
export function arrayAnswer(writing: Writing): Answer {
  return jsonAnswer([envelope(writing, responseId(), writing.text, true)]);
}

/** Counts tokens the rough way. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function envelope(
  writing: Writing,
  id: string,
  text: string | null,
  last: boolean,
): Record<string, unknown> {
  const promptTokenCount = countTokens(writing.question);
  const candidatesTokenCount = countTokens(writing.text ?? "");
  const thoughtsTokenCount = writing.text === null ? 0 : THOUGHT_TOKENS;
  return {
    ...(text === null ? {} : {
      candidates: [{
        content: { parts: [{ text }], role: "model" },
        ...(last ? { finishReason: writing.finishReason } : {}),
        index: 0,
      }],
    }),
    ...(writing.blockReason ? { promptFeedback: feedback(writing) } : {}),
    ...(last
      ? {
        usageMetadata: {
          promptTokenCount,
          ...(candidatesTokenCount > 0 ? { candidatesTokenCount } : {}),
          totalTokenCount: promptTokenCount + candidatesTokenCount + thoughtsTokenCount,
          promptTokensDetails: [{ modality: "TEXT", tokenCount: promptTokenCount }],
          ...(thoughtsTokenCount > 0 ? { thoughtsTokenCount } : {}),
        },
      }
      : {}),
    modelVersion: writing.modelVersion,
    responseId: id,
  };
}

function feedback({ blockReason, blockedFor: category }: Writing): Record<string, unknown> {
  const rating = { category, probability: "HIGH", blocked: true };
  return { blockReason, ...(category === undefined ? {} : { safetyRatings: [rating] }) };
}

/** Never inside a code point. */
function cut(text: string): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += EVENT_CHARACTERS) {
    pieces.push(characters.slice(at, at + EVENT_CHARACTERS).join(""));
  }
  return pieces.length > 0 ? pieces : [""];
}

/** Makes an id as on the wire: 22 characters of base64url. */
export function responseId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").slice(0, 22);
}
