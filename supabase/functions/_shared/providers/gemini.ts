/**
 * Gemini as a language model, through the AI SDK.
 *
 * Source: https://ai.google.dev/api/generate-content
 *
 * @module
 */
import { createGoogle } from "@ai-sdk/google";
import { assertGeminiKey, type GeminiConfig, geminiFetch } from "./gemini_fetch.ts";
import type { LanguageModel } from "./language_model.ts";
import { generateObject } from "./object_generation.ts";

/** A film of 20 scenes takes a flash model some 20 s; a minute is a model that thinks in circles. */
const TIMEOUT_MS = 60_000;

/**
 * Makes the model.
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
  assertGeminiKey(config);
  const operation = "generate_content";
  return {
    provider: "gemini",
    generateObject: async (request, call = {}) => {
      const google = createGoogle({
        baseURL: `${config.baseUrl}/v1beta`,
        // Set by geminiFetch, which knows which key is good; the SDK insists on one.
        apiKey: "unused",
        fetch: geminiFetch(config, {
          ...call,
          operation,
          model: request.model,
          timeoutMs: TIMEOUT_MS,
        }),
      });
      return await generateObject({
        provider: "gemini",
        operation,
        model: google(request.model),
        log: config.log,
      }, request);
    },
  };
}
