/**
 * A question whose answer must fit a schema, asked through the AI SDK (the one place that imports its
 * core: it takes 110 ms to load), and asked once more with the faults named when the answer does not.
 *
 * Source: ai-sdk.dev, "Generating Structured Data".
 *
 * @module
 */
import {
  generateText,
  jsonSchema,
  type LanguageModel as SdkModel,
  NoObjectGeneratedError,
  Output,
} from "ai";
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { cleanText } from "./clean_text.ts";
import type { ObjectRequest } from "./language_model.ts";

/** JSON Schema as sent. */
export type WireSchema = Parameters<typeof jsonSchema>[0] & object;

/** What differs between providers. */
export interface ObjectGeneration {
  /** Name in the catalogue. */
  readonly provider: string;
  /** What is asked, for messages: `generate_content`. */
  readonly operation: string;
  /** The SDK's model. Its `fetch` answers 200 or throws an `AppError`. */
  readonly model: SdkModel;
  /** Gets the tokens of each question, and a line when it is asked again. */
  readonly log: Log;
  /** Turns the schema into the dialect the provider takes; default: as it is. */
  readonly dialect?: SchemaDialect;
  /** Fields of the SDK's provider, under its name. */
  readonly providerOptions?: { [provider: string]: { [field: string]: boolean | string } };
}

/** How a provider's JSON Schema differs from ours. */
export interface SchemaDialect {
  /** Makes the schema that is sent. */
  toWire(schema: WireSchema): WireSchema;
  /** Undoes in an answer what the dialect forced upon it; the schema is ours, not the one that was sent. */
  fromWire(value: unknown, schema: WireSchema): unknown;
}

/** How much of an unusable answer is shown to the model when it is asked to correct it. */
const MAX_QUOTED = 8000;

/** How many faults are named: the first ones usually cause the others. */
const MAX_FAULTS = 10;

const CUT_OFF = "The answer was cut off at the length limit. Write less.";

/** An answer that can't be used: its text and what is wrong with it, in words for the model. */
interface Failure {
  readonly text: string;
  readonly faults: string;
  readonly cause?: unknown;
}

/**
 * Asks. No sampling parameters are sent: current models ignore or refuse them.
 *
 * Errors: `CONTENT_REFUSED`; `PROVIDER_BAD_RESPONSE` when two answers do not fit, or one is not in the
 * documented form; those of the model's `fetch`.
 */
export async function generateObject<Schema extends z.ZodType>(
  generation: ObjectGeneration,
  request: ObjectRequest<Schema>,
): Promise<z.infer<Schema>> {
  const { provider, operation, log } = generation;
  const first = await ask(generation, request, null);
  if ("value" in first) return first.value;
  log.info("language_model_repair", { provider, model: request.model });
  const second = await ask(generation, request, first);
  if ("value" in second) return second.value;
  throw new AppError(
    "PROVIDER_BAD_RESPONSE",
    `Cannot ${operation} at ${provider}: two answers do not fit the schema`,
    { cause: second.cause ?? new Error(second.faults) },
  );
}

/** Asks once: the question itself, or with what was wrong with the first answer. */
async function ask<Schema extends z.ZodType>(
  generation: ObjectGeneration,
  request: ObjectRequest<Schema>,
  failed: Failure | null,
): Promise<{ readonly value: z.infer<Schema> } | Failure> {
  try {
    const result = await generateText({
      model: generation.model,
      output: Output.object({ schema: checkedSchema(request.schema, generation.dialect) }),
      instructions: request.system,
      messages: [
        { role: "user", content: request.prompt },
        ...(failed === null ? [] : repairTurns(failed)),
      ],
      maxRetries: 0,
      ...(generation.providerOptions ? { providerOptions: generation.providerOptions } : {}),
    });
    logUsage(generation, request.model, result.usage);
    if (result.finishReason === "content-filter") {
      throw refused(generation, result.rawFinishReason);
    }
    if (result.text !== "") return { value: result.output };
    return {
      text: "",
      faults: result.finishReason === "length" ? CUT_OFF : "The answer is empty.",
    };
  } catch (cause) {
    if (!NoObjectGeneratedError.isInstance(cause)) throw asAppError(generation, cause);
    if (cause.usage !== undefined) logUsage(generation, request.model, cause.usage);
    if (cause.finishReason === "content-filter") throw refused(generation, cause.finishReason);
    const faults = cause.finishReason === "length" ? CUT_OFF : describeFaults(cause.cause);
    return { text: cause.text ?? "", faults, cause: cause.cause };
  }
}

/** The schema as sent, and the check of what comes back, after cleaning its strings. */
function checkedSchema<Schema extends z.ZodType>(schema: Schema, dialect?: SchemaDialect) {
  const { $schema: _, ...ours } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    override({ jsonSchema }) {
      // What `z.int()` adds on its own says nothing to a model.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return jsonSchema<z.infer<Schema>>(dialect?.toWire(ours) ?? ours, {
    async validate(value) {
      const plain = dialect?.fromWire(value, ours) ?? value;
      const parsed = await schema.safeParseAsync(cleanText(plain));
      return parsed.success
        ? { success: true, value: parsed.data }
        : { success: false, error: parsed.error };
    },
  });
}

/** The last turn must be the user's: Gemini refuses requests that end with the model's. */
function repairTurns(failed: Failure) {
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
  { provider, log }: ObjectGeneration,
  model: string,
  usage: {
    readonly inputTokens: number | undefined;
    readonly outputTokens: number | undefined;
    readonly totalTokens: number | undefined;
  },
): void {
  log.info("language_model_usage", {
    provider,
    model,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  });
}

function refused({ provider, operation }: ObjectGeneration, reason: string | undefined): AppError {
  return new AppError(
    "CONTENT_REFUSED",
    `Cannot ${operation} at ${provider}: the safety rules refused it (${reason ?? "no reason"})`,
  );
}

/** Our own errors come through the SDK, sometimes wrapped; what is left is an answer it can't read. */
function asAppError({ provider, operation }: ObjectGeneration, cause: unknown): AppError {
  for (let at = cause; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at;
  }
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    `Cannot ${operation} at ${provider}: the answer is not in the documented form`,
    { cause },
  );
}
