/**
 * Reads the body of a generateContent request as the Gemini API does, and refuses what it refuses.
 *
 * @module
 */
import { z } from "zod";
import { INLINE_FIELDS, readInlinePictures } from "./gemini_inline.ts";
import { type Answer, rpcError } from "./google_rpc.ts";

/** What the writer needs of a request. */
export interface Question {
  /** The system instruction; empty when there is none. */
  readonly system: string;
  /** The first turn of the user: what is to be written about. Later turns only ask for corrections. */
  readonly prompt: string;
  /** All text sent, for counting tokens. */
  readonly everything: string;
  /** The schema the answer must fit, in either of the API's dialects; null when free text is asked. */
  readonly schema: unknown;
  /** True when the answer must be JSON, with a schema or without. */
  readonly json: boolean;
  /** True when it asks for safety settings: these are off unless they are asked for. */
  readonly guarded?: boolean;
}

/** What a model that draws is asked for besides. */
export interface PictureQuestion {
  /** Width to height; `1:1` when it is not said. */
  readonly aspectRatio: string;
  /** How large; `1K` when it is not said. */
  readonly imageSize: "1K" | "2K" | "4K";
  /** Null when it is not said. */
  readonly seed: number | null;
  /** Pictures to draw after, in the request's order: jpeg, png or webp. */
  readonly references: readonly Uint8Array[];
}

/** The shapes image models know. Source: ai.google.dev, image generation (14 of them, October 2026). */
const ASPECT_RATIOS = [
  "1:1",
  "1:4",
  "1:8",
  "2:3",
  "3:2",
  "3:4",
  "4:1",
  "4:3",
  "4:5",
  "5:4",
  "8:1",
  "9:16",
  "16:9",
  "21:9",
] as const;

const part = z.looseObject({ text: z.string().optional(), ...INLINE_FIELDS });
const content = z.looseObject({
  role: z.enum(["user", "model", "function"]).optional(),
  parts: z.array(part).default([]),
});

/** Strict where the API is: a name it does not know is an error, not ignored. */
const requestSchema = z.strictObject({
  contents: z.array(content).default([]),
  systemInstruction: z.union([content, z.string()]).optional(),
  safetySettings: z.array(z.unknown()).optional(),
  tools: z.array(z.unknown()).optional(),
  toolConfig: z.unknown().optional(),
  cachedContent: z.string().optional(),
  serviceTier: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  generationConfig: z.strictObject({
    temperature: z.number().optional(),
    topP: z.number().optional(),
    topK: z.number().optional(),
    candidateCount: z.int().optional(),
    maxOutputTokens: z.int().optional(),
    stopSequences: z.array(z.string()).optional(),
    seed: z.int().optional(),
    presencePenalty: z.number().optional(),
    frequencyPenalty: z.number().optional(),
    responseMimeType: z.string().optional(),
    responseSchema: z.unknown().optional(),
    responseJsonSchema: z.unknown().optional(),
    responseModalities: z.array(z.string()).optional(),
    thinkingConfig: z.unknown().optional(),
    mediaResolution: z.string().optional(),
    imageConfig: z.strictObject({
      aspectRatio: z.enum(ASPECT_RATIOS).optional(),
      imageSize: z.enum(["1K", "2K", "4K"]).optional(),
    }).optional(),
    speechConfig: z.unknown().optional(),
  }).default({}),
});

/** The question in a body, or the API's refusal. Snake-case field names are taken too, as by the API. */
export function readQuestion(
  body: string,
): { readonly question: Question; readonly picture: PictureQuestion } | {
  readonly refusal: Answer;
} {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return refuse("Invalid JSON payload received. Unexpected token.");
  }
  const parsed = requestSchema.safeParse(camelFields(json));
  if (!parsed.success) return refuseFields(parsed.error);
  const { contents, systemInstruction, generationConfig } = parsed.data;
  if (contents.length === 0) {
    return refuse("* GenerateContentRequest.contents: contents is not specified\n");
  }
  if (contents.at(-1)?.role === "model") {
    return refuse("Requests ending with a model turn are not supported.");
  }
  const { responseSchema, responseJsonSchema, responseMimeType } = generationConfig;
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    return refuse("Only one of response_schema and response_json_schema may be set.");
  }
  const schema = responseSchema ?? responseJsonSchema ?? null;
  const isJson = responseMimeType === "application/json";
  if (schema !== null && !isJson) {
    return refuse("A response schema needs response_mime_type to be application/json.");
  }
  const inline = readInlinePictures(contents);
  if ("refusal" in inline) return inline;
  const turns = contents.map((one) => ({ role: one.role ?? "user", text: textOf(one.parts) }));
  const system = typeof systemInstruction === "string"
    ? systemInstruction
    : textOf(systemInstruction?.parts ?? []);
  return {
    question: {
      system,
      prompt: turns.find((turn) => turn.role === "user")?.text ?? "",
      everything: [system, ...turns.map((turn) => turn.text)].join("\n"),
      schema,
      json: isJson,
      guarded: (parsed.data.safetySettings ?? []).length > 0,
    },
    picture: {
      aspectRatio: generationConfig.imageConfig?.aspectRatio ?? "1:1",
      imageSize: generationConfig.imageConfig?.imageSize ?? "1K",
      seed: generationConfig.seed ?? null,
      references: inline.pictures,
    },
  };
}

function textOf(parts: readonly z.infer<typeof part>[]): string {
  return parts.map((one) => one.text ?? "").join("\n").trim();
}

/** Renames fields of the request and of generationConfig; schemas and content stay as they are. */
function camelFields(json: unknown): unknown {
  if (!isRecord(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const isNested = camel === "generationConfig" || camel === "imageConfig";
      return [camel, isNested ? camelFields(value) : value];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(message: string): { readonly refusal: Answer } {
  return { refusal: rpcError("INVALID_ARGUMENT", message) };
}

function refuseFields(error: z.ZodError): { readonly refusal: Answer } {
  const fieldViolations = error.issues.flatMap((issue) => {
    const field = issue.path.join(".");
    if (issue.code !== "unrecognized_keys") {
      return [{ field, description: `Invalid value at '${field}'` }];
    }
    return issue.keys.map((key) => ({
      field,
      description: `Invalid JSON payload received. Unknown name "${key}"${
        field ? ` at '${field}'` : ""
      }: Cannot find field.`,
    }));
  });
  return {
    refusal: rpcError(
      "INVALID_ARGUMENT",
      fieldViolations.map((one) => one.description).join("\n"),
      [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations }],
    ),
  };
}
