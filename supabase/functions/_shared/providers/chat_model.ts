/**
 * Language models that talk: streamed, with tools, through the AI SDK.
 *
 * @module
 */
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import type { LanguageModel as SdkModel } from "ai";
import { AppError } from "../app_error.ts";
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { assertGeminiKey, geminiStreamFetch } from "./gemini_fetch.ts";
import type { ModelChoice } from "./language_models.ts";
import { openAiStreamFetch } from "./openai_fetch.ts";

/** A model, and what its vendor is told besides. */
export interface ChatModel {
  /** For the AI SDK. */
  readonly model: Exclude<SdkModel, string>;
  /** Name in the catalogue. */
  readonly provider: string;
  /** For the AI SDK. */
  readonly providerOptions: Record<
    string,
    Record<string, string | boolean | { [key: string]: string }>
  >;
}

/** How a model is made. */
export interface ChatModelOptions {
  /** Ends every call of it. */
  readonly signal: AbortSignal;
  /** One call, its body included, is abandoned after this. */
  readonly timeoutMs: number;
  /** One line a call. */
  readonly log: Log;
}

const CHAT_MODELS: Readonly<
  Record<string, (endpoint: string, options: ChatModelOptions) => ChatModel>
> = {
  gemini: (endpoint, { log, ...call }) => {
    const config = { ...readProviderEnv("gemini"), log };
    assertGeminiKey(config);
    const google = createGoogle({
      baseURL: `${config.baseUrl}/v1beta`,
      // Set by geminiStreamFetch, which knows which key is good; the SDK insists on one.
      apiKey: "unused",
      fetch: geminiStreamFetch(config, {
        ...call,
        operation: "stream_generate_content",
        model: endpoint,
      }),
    });
    return {
      provider: "gemini",
      model: google(endpoint),
      // Thoughts come before the first word and out of the same allowance.
      providerOptions: { google: { thinkingConfig: { thinkingLevel: "low" } } },
    };
  },
  openai: (endpoint, { log, ...call }) => {
    const config = { ...readProviderEnv("openai"), log };
    const openai = createOpenAI({
      baseURL: config.baseUrl,
      apiKey: "unused",
      fetch: openAiStreamFetch(config, "create_response", call),
    });
    return {
      provider: "openai",
      model: openai(endpoint),
      providerOptions: { openai: { store: false } },
    };
  },
};

/**
 * Makes the first of several models whose provider has a key. Throws `PROVIDER_NOT_CONFIGURED`, for the first of
 * them, when none has.
 */
export function createChatModel(
  choices: readonly ModelChoice[],
  options: ChatModelOptions,
): ChatModel {
  let failure: unknown;
  for (const { provider, endpoint } of choices) {
    const create = Object.hasOwn(CHAT_MODELS, provider) ? CHAT_MODELS[provider] : undefined;
    if (create === undefined) continue;
    try {
      return create(endpoint, options);
    } catch (error) {
      if (!(error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED")) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new Error("The catalogue has no director: run the seed");
}
