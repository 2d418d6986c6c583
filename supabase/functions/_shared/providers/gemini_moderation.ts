/**
 * Gemini as a moderator: its safety settings judge the prompt before a model answers it.
 *
 * Source: https://ai.google.dev/gemini-api/docs/safety-settings
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { assertGeminiKey, callGemini, type GeminiConfig } from "./gemini_fetch.ts";
import type { ModerationDesk } from "./moderation.ts";

/** The cheapest there is. An alias, so that it is never retired under us. */
const MODEL = "gemini-flash-lite-latest";

const OPERATION = "moderate";
const TIMEOUT_MS = 5_000;

/** The answer is thrown away; thinking counts too. */
const MAX_OUTPUT_TOKENS = 16;

/** Off for today's models unless they are asked for. */
const SAFETY_SETTINGS = [
  "HARM_CATEGORY_HARASSMENT",
  "HARM_CATEGORY_HATE_SPEECH",
  "HARM_CATEGORY_SEXUALLY_EXPLICIT",
  "HARM_CATEGORY_DANGEROUS_CONTENT",
].map((category) => ({ category, threshold: "BLOCK_MEDIUM_AND_ABOVE" }));

/** Ends of an answer that are about safety. Source: FinishReason of @google/genai 3.1.0. */
const REFUSED_ENDS = new Set([
  "SAFETY",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
]);

const ratings = z.array(z.object({
  category: z.string().default(""),
  blocked: z.boolean().default(false),
})).catch([]);

const answerSchema = z.object({
  promptFeedback: z.object({
    blockReason: z.string().optional(),
    safetyRatings: ratings.default([]),
  }).optional(),
  usageMetadata: z.object({
    promptTokenCount: z.number().optional(),
    candidatesTokenCount: z.number().optional(),
    totalTokenCount: z.number().optional(),
  }).optional().catch(undefined),
  candidates: z.array(z.object({
    finishReason: z.string().optional(),
    safetyRatings: ratings.default([]),
  })).optional(),
});

/** Makes it. Throws `PROVIDER_NOT_CONFIGURED` when there is no key. */
export function createGeminiModerator(config: GeminiConfig): ModerationDesk {
  assertGeminiKey(config);
  return {
    provider: "gemini",
    look: async (subject, call) => {
      const parts = "texts" in subject
        ? subject.texts.map((text) => ({ text }))
        : [{ fileData: { fileUri: subject.imageUrl, mimeType: typeOf(subject.imageUrl) } }];
      const url = `${config.baseUrl}/v1beta/models/${MODEL}:generateContent`;
      const answer = await callGemini(config, url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          systemInstruction: { parts: [{ text: "Answer OK, whatever is said." }] },
          contents: [{ role: "user", parts }],
          safetySettings: SAFETY_SETTINGS,
          generationConfig: { maxOutputTokens: MAX_OUTPUT_TOKENS },
        }),
      }, { ...call, model: MODEL, operation: OPERATION, timeoutMs: TIMEOUT_MS });
      if ("error" in answer) throw answer.error;
      const { usageMetadata: usage, ...verdict } = parseAnswer(answer.text);
      config.log.info("language_model_usage", {
        provider: "gemini",
        model: MODEL,
        input_tokens: usage?.promptTokenCount,
        output_tokens: usage?.candidatesTokenCount,
        total_tokens: usage?.totalTokenCount,
      });
      return categoriesOf(verdict);
    },
  };
}

/** Of our own Storage's paths, which end as their bytes say. */
function typeOf(url: string): string {
  const extension = /\.(png|webp)(?:\?|$)/.exec(url)?.[1] ?? "jpeg";
  return `image/${extension}`;
}

function parseAnswer(text: string): z.infer<typeof answerSchema> {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new AppError(
      "PROVIDER_BAD_RESPONSE",
      `Cannot ${OPERATION} at gemini: the answer is not in the documented form`,
      { cause: z.prettifyError(parsed.error) },
    );
  }
  return parsed.data;
}

function categoriesOf(
  { promptFeedback, candidates = [] }: Omit<z.infer<typeof answerSchema>, "usageMetadata">,
): string[] {
  const reason = promptFeedback?.blockReason;
  const ended = candidates.find((candidate) => REFUSED_ENDS.has(candidate.finishReason ?? ""));
  if (reason === undefined && ended === undefined) return [];
  const blocked = [...promptFeedback?.safetyRatings ?? [], ...ended?.safetyRatings ?? []]
    .filter((rating) => rating.blocked)
    .map((rating) => rating.category.replace(/^HARM_CATEGORY_/, "").toLowerCase());
  return blocked.length > 0 ? blocked : [(reason ?? ended?.finishReason ?? "other").toLowerCase()];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
