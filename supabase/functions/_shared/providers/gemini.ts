/**
 * Gemini as a language model, through the AI SDK (the one place that imports it: it takes 110 ms to load).
 *
 * Source: https://ai.google.dev/api/generate-content; ai-sdk.dev, "Generating Structured Data".
 *
 * @module
 */
import { createGoogle } from "@ai-sdk/google";
import { generateText, jsonSchema, NoObjectGeneratedError, Output } from "ai";
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import type { Fetch } from "../outbound.ts";
import { geminiFetch } from "./gemini_fetch.ts";
import { cleanText } from "./gemini_text.ts";
import type { LanguageModel, ObjectRequest } from "./language_model.ts";
import type { ProviderCall } from "./render.ts";

/** What {@link createGemini} needs. */
export interface GeminiConfig {
  /** One key or more, in order of preference. Secret. */
  readonly apiKeys: readonly string[];
  /** Without version and trailing slash: `https://generativelanguage.googleapis.com`. */
  readonly baseUrl: string;
  /** One line a call and one for its tokens. */
  readonly log: Log;
  /** Defaults to the global `fetch`. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: () => number;
  /** How long one answer may take; defaults to a minute. */
  readonly timeoutMs?: number;
}

/** How much of an unusable answer is shown to the model when it is asked to correct it. */
const MAX_QUOTED = 8000;

/** How many faults are named: the first ones usually cause the others. */
const MAX_FAULTS = 10;

/** What became of one question. */
type Attempt<T> =
  | { readonly value: T }
  /** The unusable text and what is wrong with it, in words for the model. */
  | { readonly text: string; readonly faults: string; readonly cause?: unknown };

/**
 * Makes the model. No sampling parameters are sent: models from 3.5 on ignore or refuse them.
 *
 * Errors: those of {@link LanguageModel}; `PROVIDER_NOT_CONFIGURED` at once when there is no key.
 *
 * @example
 * ```ts
 * const { title } = await createGemini({ apiKeys: [key], baseUrl, log }).generateObject({
 *   model: "gemini-3.8-flash",
 *   schema: z.object({ title: z.string() }),
 *   system: "You name films.",
 *   prompt: "A fox who learns to paint",
 * });
 * ```
 */
export function createGemini(config: GeminiConfig): LanguageModel {
  if (config.apiKeys.length === 0) {
    throw new AppError("PROVIDER_NOT_CONFIGURED", "Cannot use gemini: GEMINI_API_KEY is not set");
  }
  return {
    provider: "gemini",
    async generateObject<Schema extends z.ZodType>(
      request: ObjectRequest<Schema>,
      call: ProviderCall = {},
    ): Promise<z.infer<Schema>> {
      const first = await ask(config, request, call, null);
      if ("value" in first) return first.value;
      config.log.info("language_model_repair", { provider: "gemini", model: request.model });
      const second = await ask(config, request, call, first);
      if ("value" in second) return second.value;
      throw new AppError(
        "PROVIDER_BAD_RESPONSE",
        "Cannot generate_content at gemini: two answers do not fit the schema",
        { cause: second.cause ?? new Error(second.faults) },
      );
    },
  };
}

/** Asks once: the question itself, or with what was wrong with the first answer. */
async function ask<Schema extends z.ZodType>(
  config: GeminiConfig,
  request: ObjectRequest<Schema>,
  call: ProviderCall,
  failed: { readonly text: string; readonly faults: string } | null,
): Promise<Attempt<z.infer<Schema>>> {
  const google = createGoogle({
    baseURL: `${config.baseUrl}/v1beta`,
    // Set by geminiFetch, which knows which key is good; the SDK insists on one.
    apiKey: "unused",
    fetch: geminiFetch(config, call),
  });
  try {
    const result = await generateText({
      model: google(request.model),
      output: Output.object({ schema: strictSchema(request.schema) }),
      instructions: request.system,
      messages: [
        { role: "user", content: request.prompt },
        ...(failed === null ? [] : repairTurns(failed)),
      ],
      maxRetries: 0,
    });
    logUsage(config.log, request.model, result.usage);
    if (result.finishReason === "content-filter") throw refused(result.rawFinishReason);
    if (result.text !== "") return { value: result.output };
    return {
      text: "",
      faults: result.finishReason === "length" ? CUT_OFF : "The answer is empty.",
    };
  } catch (cause) {
    if (!NoObjectGeneratedError.isInstance(cause)) throw asAppError(cause);
    if (cause.usage !== undefined) logUsage(config.log, request.model, cause.usage);
    if (cause.finishReason === "content-filter") throw refused(cause.finishReason);
    const faults = cause.finishReason === "length" ? CUT_OFF : describeFaults(cause.cause);
    return { text: cause.text ?? "", faults, cause: cause.cause };
  }
}

const CUT_OFF = "The answer was cut off at the length limit. Write less.";

/** The schema as sent, and the check of what comes back, after cleaning its strings. */
function strictSchema<Schema extends z.ZodType>(schema: Schema) {
  const { $schema: _, ...wire } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    override({ jsonSchema }) {
      // What `z.int()` adds on its own says nothing to a model.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return jsonSchema<z.infer<Schema>>(wire, {
    async validate(value) {
      const parsed = await schema.safeParseAsync(cleanText(value));
      return parsed.success
        ? { success: true, value: parsed.data }
        : { success: false, error: parsed.error };
    },
  });
}

/** The last turn must be the user's: Gemini refuses requests that end with the model's. */
function repairTurns(failed: { readonly text: string; readonly faults: string }) {
  const shown = failed.text.toWellFormed().slice(0, MAX_QUOTED).toWellFormed() || "(nothing)";
  return [
    { role: "assistant" as const, content: shown },
    {
      role: "user" as const,
      content: `That answer can't be used.\n${failed.faults}\n` +
        "Answer again, with one JSON value that fits the schema, and nothing else.",
    },
  ];
}

function describeFaults(cause: unknown): string {
  for (let at = cause; at instanceof Error; at = at.cause) {
    if (at instanceof z.ZodError) {
      return at.issues.slice(0, MAX_FAULTS)
        .map((issue) => `- ${issue.path.join(".") || "the whole"}: ${issue.message}`)
        .join("\n");
    }
  }
  return "It is not JSON.";
}

function logUsage(
  log: Log,
  model: string,
  usage: {
    readonly inputTokens: number | undefined;
    readonly outputTokens: number | undefined;
    readonly totalTokens: number | undefined;
  },
): void {
  log.info("language_model_usage", {
    provider: "gemini",
    model,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  });
}

function refused(reason: string | undefined): AppError {
  return new AppError(
    "CONTENT_REFUSED",
    `Cannot generate_content at gemini: the safety rules refused it (${reason ?? "no reason"})`,
  );
}

/** Our own errors come through the SDK, sometimes wrapped; what is left is an answer it can't read. */
function asAppError(cause: unknown): AppError {
  for (let at = cause; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at;
  }
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    "Cannot generate_content at gemini: the answer is not in the documented form",
    { cause },
  );
}
