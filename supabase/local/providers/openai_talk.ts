/**
 * Conversations with tools on the wire of OpenAI's Responses API, streamed.
 *
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 *
 * @module
 */
import { z } from "zod";
import { eventResponse, type EventStream } from "./event_stream.ts";
import { countTokens } from "./gemini_response.ts";
import { directTalk, type Talk } from "./gemini_talk.ts";
import { invalid, type OpenAiAnswer } from "./openai_errors.ts";
import type { ScriptStep } from "./scripts.ts";

const content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
]);

const item = z.union([
  z.looseObject({ type: z.literal("function_call"), call_id: z.string(), name: z.string() }),
  z.looseObject({ type: z.literal("function_call_output"), call_id: z.string(), output: content }),
  z.looseObject({ type: z.literal("reasoning") }),
  z.looseObject({ role: z.enum(["system", "developer", "user", "assistant"]), content }),
]);

/** A name nobody knows is refused, as by the API. */
const talkBody = z.strictObject({
  model: z.string().min(1),
  stream: z.literal(true),
  input: z.array(item).min(1),
  tools: z.array(z.looseObject({ type: z.literal("function"), name: z.string() })).optional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().nullish(),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  reasoning: z.unknown().optional(),
  text: z.unknown().optional(),
  include: z.array(z.string()).nullish(),
  store: z.boolean().nullish(),
});

/** A request for a stream, read. */
export interface OpenAiTalk {
  /** As asked. */
  readonly model: string;
  /** All text of it, for counting. */
  readonly question: string;
  /** What a director does next when no script tells it. */
  readonly usual: ScriptStep;
}

/** Reads a body with `stream: true`; null when it asks for no stream. */
export function readOpenAiTalk(
  body: string,
): OpenAiTalk | { readonly refusal: OpenAiAnswer } | null {
  const json: unknown = parse(body);
  if (!z.looseObject({ stream: z.literal(true) }).safeParse(json).success) return null;
  const parsed = talkBody.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join(".") ?? "";
    return { refusal: invalid(`Invalid value for '${param}': ${issue?.message}.`, param) };
  }
  const { model, input, tools = [] } = parsed.data;
  const called = input.flatMap((one) =>
    "call_id" in one && !("output" in one) ? [one.call_id] : []
  );
  const answered = input.flatMap((one) => "output" in one ? [one.call_id] : []);
  const bare = called.find((id) => !answered.includes(id));
  if (bare !== undefined) {
    return { refusal: invalid(`No tool output found for function call ${bare}.`, "input") };
  }
  const loose = answered.find((id) => !called.includes(id));
  if (loose !== undefined) {
    const message = `No tool call found for function call output with call_id ${loose}.`;
    return { refusal: invalid(message, "input") };
  }
  const said = input.flatMap((one, at) =>
    "role" in one && one.role === "user" ? [{ at, text: textOf(one.content as Content) }] : []
  );
  const last = said.at(-1);
  const talk: Talk = {
    tools: tools.map(({ name }) => name),
    said: last?.text ?? "",
    state: said[0]?.text ?? "",
    results: input.slice(last?.at ?? 0).flatMap((one) =>
      "output" in one ? [{ content: textOf(one.output as Content) }] : []
    ),
  };
  return { model, question: body, usual: directTalk(talk) };
}

type Content = z.infer<typeof content>;

function textOf(given: Content): string {
  return typeof given === "string" ? given : given.map(({ text }) => text ?? "").join("\n");
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Answers as a stream of events. */
export function openAiTalkResponse(
  { model, question }: OpenAiTalk,
  answer: Omit<EventStream, "events"> & { readonly step: ScriptStep },
): Response {
  return eventResponse({ ...answer, events: eventsOf({ model, question }, answer.step) });
}

function eventsOf(
  { model, question }: Pick<OpenAiTalk, "model" | "question">,
  { text = [], calls = [], finishReason, end }: ScriptStep,
): string[] {
  const events: string[] = [];
  const send = (type: string, fields: Record<string, unknown>) => {
    const event = { type, sequence_number: events.length, ...fields };
    events.push(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const frame = {
    id: id("resp_"),
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    model,
    output: [],
  };
  send("response.created", { response: { ...frame, status: "in_progress" } });
  send("response.in_progress", { response: { ...frame, status: "in_progress" } });
  let index = 0;
  if (text.length > 0) {
    const at = { item_id: id("msg_"), output_index: index++, content_index: 0 };
    const message = { id: at.item_id, type: "message", role: "assistant" };
    const part = { type: "output_text", annotations: [] };
    send("response.output_item.added", {
      output_index: at.output_index,
      item: { ...message, status: "in_progress", content: [] },
    });
    send("response.content_part.added", { ...at, part: { ...part, text: "" } });
    for (const delta of text) send("response.output_text.delta", { ...at, delta, logprobs: [] });
    const whole = text.join("");
    send("response.output_text.done", { ...at, text: whole, logprobs: [] });
    send("response.content_part.done", { ...at, part: { ...part, text: whole } });
    send("response.output_item.done", {
      output_index: at.output_index,
      item: { ...message, status: "completed", content: [{ ...part, text: whole }] },
    });
  }
  for (const { name, args } of calls) {
    const at = { item_id: id("fc_"), output_index: index++ };
    const call = { id: at.item_id, type: "function_call", call_id: id("call_"), name };
    const written = JSON.stringify(args);
    send("response.output_item.added", {
      output_index: at.output_index,
      item: { ...call, status: "in_progress", arguments: "" },
    });
    send("response.function_call_arguments.delta", { ...at, delta: written });
    send("response.function_call_arguments.done", { ...at, arguments: written });
    send("response.output_item.done", {
      output_index: at.output_index,
      item: { ...call, status: "completed", arguments: written },
    });
  }
  if (end === "error") {
    send("error", { code: "server_error", message: "The server had an error.", param: null });
  } else if (end === undefined) {
    const [input, output] = [countTokens(question), countTokens(text.join("")) + 20 * calls.length];
    const cut = finishReason === "MAX_TOKENS";
    send(cut ? "response.incomplete" : "response.completed", {
      response: {
        ...frame,
        status: cut ? "incomplete" : "completed",
        incomplete_details: cut ? { reason: "max_output_tokens" } : null,
        usage: {
          input_tokens: input,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: output,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: input + output,
        },
      },
    });
  }
  return events;
}

function id(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}
