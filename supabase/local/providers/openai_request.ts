/**
 * Reads the body of a request to `/responses` or `/chat/completions` as the OpenAI API does, and refuses
 * what it refuses.
 *
 * @module
 */
import { z } from "zod";
import type { Question } from "./gemini_request.ts";
import { invalid, type OpenAiAnswer } from "./openai_errors.ts";
import { strictFault } from "./openai_strict.ts";

/** What was read. */
export interface OpenAiQuestion {
  /** Model id as asked. */
  readonly model: string;
  /** For the writer. */
  readonly question: Question;
}

const Text = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
]);

const Turn = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: Text.nullish(),
});

const Schema = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  schema: z.unknown().optional(),
  strict: z.boolean().nullish(),
});

const Format = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({ type: z.literal("json_schema") }),
]);

/** Sampling is refused by reasoning models; a name nobody knows is refused by all. */
const COMMON = {
  model: z.string().min(1),
  stream: z.literal(false).nullish(),
  store: z.boolean().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  user: z.string().nullish(),
};

const ResponsesBody = z.strictObject({
  ...COMMON,
  input: z.union([z.string(), z.array(Turn)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
  text: z.looseObject({ format: Format.optional(), verbosity: z.string().nullish() }).nullish(),
  include: z.array(z.string()).nullish(),
  truncation: z.string().nullish(),
});

const ChatBody = z.strictObject({
  ...COMMON,
  messages: z.array(Turn).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  reasoning_effort: z.string().nullish(),
  verbosity: z.string().nullish(),
  response_format: Format.optional(),
  n: z.literal(1).nullish(),
});

type Read = { readonly read: OpenAiQuestion } | { readonly refusal: OpenAiAnswer };

/** Reads a body of `/responses`. */
export function readResponses(body: string): Read {
  const parsed = parse(ResponsesBody, body);
  if ("refusal" in parsed) return parsed;
  const { model, input, instructions, text } = parsed.value;
  const turns = typeof input === "string" ? [{ role: "user" as const, content: input }] : input;
  const format = text?.format;
  // The schema lies beside the type here, and one level below in chat completions.
  return ask(model, { turns, instructions, format, schema: format, param: "text.format.schema" });
}

/** Reads a body of `/chat/completions`. */
export function readChat(body: string): Read {
  const parsed = parse(ChatBody, body);
  if ("refusal" in parsed) return parsed;
  const { model, messages, response_format: format } = parsed.value;
  return ask(model, {
    turns: messages,
    instructions: null,
    format,
    schema: format?.["json_schema"],
    param: "response_format",
  });
}

function ask(model: string, { turns, instructions, format, schema, param }: {
  readonly turns: readonly z.infer<typeof Turn>[];
  readonly instructions: string | null | undefined;
  readonly format: z.infer<typeof Format> | undefined;
  readonly schema: unknown;
  readonly param: string;
}): Read {
  let wanted: unknown = null;
  if (format?.type === "json_schema") {
    const parsed = Schema.safeParse(schema);
    if (!parsed.success) {
      return { refusal: invalid(`Missing required parameter: '${param}'.`, param) };
    }
    wanted = parsed.data.schema ?? {};
    const fault = parsed.data.strict === true ? strictFault(wanted) : null;
    if (fault !== null) {
      const message = `Invalid schema for response_format '${parsed.data.name}': ${fault}`;
      return { refusal: invalid(message, param, "invalid_json_schema") };
    }
  }
  const rules = turns.filter(({ role }) => role === "system" || role === "developer");
  const said = turns.filter(({ role }) => role === "user");
  const system = [instructions ?? "", ...rules.map(textOf)].join("\n").trim();
  const everything = [instructions ?? "", ...turns.map(textOf)].join("\n");
  if (format?.type === "json_object" && !/json/i.test(everything)) {
    return {
      refusal: invalid(
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type " +
          "'json_object'.",
        param,
      ),
    };
  }
  return {
    read: {
      model,
      question: {
        system,
        // Later turns only ask for corrections.
        prompt: said[0] === undefined ? "" : textOf(said[0]),
        everything,
        schema: wanted,
        json: format !== undefined && format.type !== "text",
      },
    },
  };
}

function textOf({ content }: z.infer<typeof Turn>): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("\n");
}

function parse<Body extends z.ZodType>(
  schema: Body,
  body: string,
): { readonly value: z.infer<Body> } | { readonly refusal: OpenAiAnswer } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return {
      refusal: invalid(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using " +
          "your HTTP library correctly.)",
        null,
      ),
    };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const [name = ""] = issue.keys;
    return ["temperature", "top_p", "max_tokens", "presence_penalty"].includes(name)
      ? {
        refusal: invalid(
          `Unsupported parameter: '${name}' is not supported with this model.`,
          name,
          "unsupported_parameter",
        ),
      }
      : { refusal: invalid(`Unknown parameter: '${name}'.`, name, "unknown_parameter") };
  }
  const param = issue?.path.join(".") ?? "";
  return { refusal: invalid(`Invalid value for '${param}': ${issue?.message}.`, param) };
}
