/**
 * OpenAI as a language model, through the AI SDK and the Responses API.
 *
 * Source: https://platform.openai.com/docs/api-reference/responses
 *
 * @module
 */
import { createOpenAI } from "@ai-sdk/openai";
import { AppError } from "../app_error.ts";
import type { LanguageModel } from "./language_model.ts";
import { generateObject } from "./object_generation.ts";
import { type OpenAiConfig, openAiFetch } from "./openai_fetch.ts";
import { strictDialect } from "./openai_schema.ts";

const OPERATION = "create_response";

/**
 * Makes the model. Nothing is kept at OpenAI (`store` is false).
 *
 * Errors: those of {@link LanguageModel}; `PROVIDER_NOT_CONFIGURED` at once when there is no key.
 *
 * @example
 * ```ts
 * const { title } = await createOpenAi({ apiKey, baseUrl, log }).generateObject({
 *   model: "gpt-6-luna",
 *   schema: z.object({ title: z.string() }),
 *   system: "You name films.",
 *   prompt: "A fox who learns to paint",
 * });
 * ```
 */
export function createOpenAi(config: OpenAiConfig): LanguageModel {
  if (config.apiKey === "") {
    throw new AppError("PROVIDER_NOT_CONFIGURED", "Cannot use openai: OPENAI_API_KEY is not set");
  }
  return {
    provider: "openai",
    generateObject: async (request, call = {}) => {
      const openai = createOpenAI({
        baseURL: config.baseUrl,
        // Set by openAiFetch, so that the key is in one place; the SDK insists on one.
        apiKey: "unused",
        fetch: openAiFetch(config, OPERATION, call),
      });
      return await generateObject({
        provider: "openai",
        operation: OPERATION,
        model: openai(request.model),
        log: config.log,
        dialect: strictDialect,
        providerOptions: { openai: { store: false, strictJsonSchema: true } },
      }, request);
    },
  };
}
