/**
 * The role of a language model.
 *
 * @module
 */
import type { z } from "zod";
import type { ProviderCall } from "./render.ts";

/** A question whose answer must fit a schema. */
export interface ObjectRequest<Schema extends z.ZodType> {
  /** The provider's model id, such as `gemini-3.8-flash`. */
  readonly model: string;
  /** What the answer must be. Also sent to the provider as JSON Schema. */
  readonly schema: Schema;
  /** Who the model is and the rules it keeps. */
  readonly system: string;
  /** The user's words: data, never instructions to us. */
  readonly prompt: string;
}

/**
 * Writes text in a given shape. Safe to repeat, apart from its price.
 *
 * An answer that does not fit the schema is repaired once (asked again with the faults named); a second
 * one throws `PROVIDER_BAD_RESPONSE`. Other errors: `CONTENT_REFUSED`, `PROVIDER_REJECTED`,
 * `PROVIDER_RATE_LIMITED` (with `retryAfterSeconds` when known), `PROVIDER_UNAVAILABLE`,
 * `PROVIDER_TIMEOUT`.
 */
export interface LanguageModel {
  /** Name in the catalogue. */
  readonly provider: string;
  /** Asks, and gives an answer that fits the schema. */
  generateObject<Schema extends z.ZodType>(
    request: ObjectRequest<Schema>,
    call?: ProviderCall,
  ): Promise<z.infer<Schema>>;
}
