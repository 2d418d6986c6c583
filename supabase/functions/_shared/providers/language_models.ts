/**
 * Which adapter speaks for which language model of the catalogue, and what is asked when one can't answer.
 *
 * @module
 */
import type { z } from "zod";
import { AppError } from "../app_error.ts";
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { createGemini } from "./gemini.ts";
import type { LanguageModel, ObjectRequest } from "./language_model.ts";
import { createOpenAi } from "./openai.ts";
import type { ProviderCall } from "./render.ts";

/** Who speaks for which provider. Each throws `PROVIDER_NOT_CONFIGURED` when its key is not set. */
export const LANGUAGE_MODELS: Readonly<Record<string, (log: Log) => LanguageModel>> = {
  gemini: (log) => createGemini({ ...readProviderEnv("gemini"), log }),
  openai: (log) => createOpenAi({ ...readProviderEnv("openai"), log }),
};

/**
 * Makes the adapter of a provider. Throws `PROVIDER_NOT_CONFIGURED` when its key is not set, and a plain
 * error for a provider that no adapter speaks for.
 */
export function createLanguageModel(provider: string, log: Log): LanguageModel {
  const create = Object.hasOwn(LANGUAGE_MODELS, provider) ? LANGUAGE_MODELS[provider] : undefined;
  if (create === undefined) throw new Error(`No adapter speaks for "${provider}"`);
  return create(log);
}

/** A language model of the catalogue. */
export interface ModelChoice {
  /** Name in the catalogue. */
  readonly provider: string;
  /** The provider's own name of the model. */
  readonly endpoint: string;
}

/** Whom to ask, and how. */
export interface AskOptions {
  /** Asked first. */
  readonly model: ModelChoice;
  /** Asked when the first one is out of reach. Null: nobody. */
  readonly fallback: ModelChoice | null;
  /** Gets one line when the second is asked. */
  readonly log: Log;
  /** Makes adapters; default {@link createLanguageModel}. */
  readonly create?: (provider: string, log: Log) => LanguageModel;
}

/** What another vendor may not have: a refusal or a bad answer is no reason to pay a second one. */
const OUT_OF_REACH = new Set(["PROVIDER_UNAVAILABLE", "PROVIDER_RATE_LIMITED", "PROVIDER_TIMEOUT"]);

/**
 * Asks a model, and the other one when the first is `PROVIDER_UNAVAILABLE`, `PROVIDER_RATE_LIMITED` or
 * `PROVIDER_TIMEOUT` and the caller has not called it off. Errors: those of the last one that was asked;
 * the first one's when the fallback has no key.
 */
export async function askLanguageModel<Schema extends z.ZodType>(
  { model, fallback, log, create = createLanguageModel }: AskOptions,
  request: Omit<ObjectRequest<Schema>, "model">,
  call: ProviderCall = {},
): Promise<z.infer<Schema>> {
  const ask = (choice: ModelChoice) =>
    create(choice.provider, log).generateObject({ ...request, model: choice.endpoint }, call);
  try {
    return await ask(model);
  } catch (error) {
    const isOver = fallback === null || call.signal?.aborted === true ||
      !(error instanceof AppError && OUT_OF_REACH.has(error.code));
    if (isOver) throw error;
    log.error("language_model_fallback", {
      from: `${model.provider}/${model.endpoint}`,
      to: `${fallback.provider}/${fallback.endpoint}`,
    }, error);
    try {
      return await ask(fallback);
    } catch (second) {
      const isAbsent = second instanceof AppError && second.code === "PROVIDER_NOT_CONFIGURED";
      throw isAbsent ? error : second;
    }
  }
}
