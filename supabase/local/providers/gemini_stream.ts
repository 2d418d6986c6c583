/**
 * Answers `:streamGenerateContent?alt=sse` as it is written: an event a piece, ended by CRLF twice; the last one
 * carries finishReason and usage; no `[DONE]`.
 *
 * @module
 */
import { eventResponse, type EventStream } from "./event_stream.ts";
import { countTokens, responseId } from "./gemini_response.ts";
import type { ScriptStep } from "./scripts.ts";

/** What is said, and to whom. */
export interface TalkAnswer extends Omit<EventStream, "events"> {
  /** The model that answers. */
  readonly modelVersion: string;
  /** All text of the request, for counting. */
  readonly question: string;
  /** What it does. */
  readonly step: ScriptStep;
}

/** Makes the answer. */
export function talkResponse(answer: TalkAnswer): Response {
  return eventResponse({ ...answer, events: eventsOf(answer) });
}

function eventsOf({ modelVersion, question, step }: TalkAnswer): string[] {
  const id = responseId();
  const { text = [], calls = [], finishReason = "STOP", end } = step;
  const parts: Record<string, unknown>[][] = text.map((piece) => [{ text: piece }]);
  if (calls.length > 0) {
    // One signature an answer, on its first call, as Gemini 3 does.
    parts.push(calls.map(({ name, args }, at) => ({
      functionCall: { name, args, id: responseId() },
      ...(at === 0 ? { thoughtSignature: btoa(responseId()) } : {}),
    })));
  }
  const said = text.join("");
  const usageMetadata = {
    promptTokenCount: countTokens(question),
    candidatesTokenCount: countTokens(said) + calls.length * 20,
    totalTokenCount: countTokens(question) + countTokens(said) + calls.length * 20,
  };
  const bodies: unknown[] = parts.map((some, at) => ({
    candidates: [{
      content: { parts: some, role: "model" },
      index: 0,
      ...(end === undefined && at === parts.length - 1 ? { finishReason } : {}),
    }],
    ...(at === parts.length - 1 ? { usageMetadata } : {}),
    modelVersion,
    responseId: id,
  }));
  if (parts.length === 0 && end === undefined) {
    bodies.push({
      candidates: [{ content: { role: "model", parts: [{ text: "" }] }, finishReason, index: 0 }],
      usageMetadata,
      modelVersion,
      responseId: id,
    });
  }
  if (end === "error") {
    bodies.push({
      error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" },
    });
  }
  return bodies.map((body) => `data: ${JSON.stringify(body)}\r\n\r\n`);
}
