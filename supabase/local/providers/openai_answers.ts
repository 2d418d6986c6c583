/**
 * Wraps what a model wrote as the OpenAI API answers it, on either of its two text endpoints.
 *
 * @module
 */
import { countTokens } from "./gemini_response.ts";
import { jsonBody, type OpenAiAnswer } from "./openai_errors.ts";

/** What a model wrote. */
export interface Written {
  /** Model id as asked. */
  readonly model: string;
  /** All text of the request, for counting. */
  readonly question: string;
  /** The answer; empty when there is none. */
  readonly text: string;
  /** `stop`; `length` when it was cut off; `content_filter` when the filter cut it off; a refusal in words. */
  readonly end: "stop" | "length" | "content_filter" | "refusal";
}

/** What a small model thinks before it writes. */
const REASONING_TOKENS = 64;

/** Why an answer of `/responses` is incomplete. */
const INCOMPLETE = { length: "max_output_tokens", content_filter: "content_filter" } as const;

/** Answers `/responses`: a reasoning item, then the message. */
export function responsesAnswer(written: Written): OpenAiAnswer {
  const reason = written.end === "length" || written.end === "content_filter"
    ? INCOMPLETE[written.end]
    : null;
  const status = reason === null ? "completed" : "incomplete";
  const content = written.end === "refusal"
    ? { type: "refusal", refusal: written.text }
    : { type: "output_text", annotations: [], logprobs: [], text: written.text };
  const tokens = usage(written);
  return jsonBody({
    ...responseFrame(written.model, status),
    incomplete_details: reason === null ? null : { reason },
    output: [
      { id: id("rs_"), type: "reasoning", content: [], summary: [] },
      ...(written.text === ""
        ? []
        : [{ id: id("msg_"), type: "message", status, role: "assistant", content: [content] }]),
    ],
    usage: {
      input_tokens: tokens.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: tokens.output,
      output_tokens_details: { reasoning_tokens: REASONING_TOKENS },
      total_tokens: tokens.total,
    },
  });
}

/** Answers `/responses` with a failure on the way: HTTP 200, and the reason inside. */
export function failedResponse(model: string): OpenAiAnswer {
  return jsonBody({
    ...responseFrame(model, "failed"),
    error: {
      code: "server_error",
      message: "The model failed to generate a response. Please try again.",
    },
    output: [],
    usage: null,
  });
}

/** Answers `/chat/completions`. */
export function chatAnswer(written: Written): OpenAiAnswer {
  const isRefusal = written.end === "refusal";
  const tokens = usage(written);
  return jsonBody({
    id: id("chatcmpl-"),
    object: "chat.completion",
    created: seconds(),
    model: written.model,
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: isRefusal ? null : written.text,
        refusal: isRefusal ? written.text : null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: isRefusal ? "stop" : written.end,
    }],
    usage: {
      prompt_tokens: tokens.input,
      completion_tokens: tokens.output,
      total_tokens: tokens.total,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: REASONING_TOKENS, audio_tokens: 0 },
    },
    service_tier: "default",
    system_fingerprint: null,
  });
}

function responseFrame(model: string, status: string) {
  return {
    id: id("resp_"),
    object: "response",
    created_at: seconds(),
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: "medium", summary: null },
    service_tier: "default",
    store: false,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    metadata: {},
  };
}

function usage({ question, text }: Written) {
  const input = countTokens(question);
  const output = countTokens(text) + REASONING_TOKENS;
  return { input, output, total: input + output };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function id(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}
