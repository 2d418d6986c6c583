/**
 * What is asked before a script is charged.
 *
 * @module
 */
import { assertAllowedContent } from "../allowed_content.ts";
import { createLanguageModel } from "../providers/language_models.ts";
import { type Gates, OPEN_GATES, type Planned, providerOf } from "./gates.ts";

/** Its model's key, and moderation of the idea. */
export function scriptGates(planned: Planned, prompt: string): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) => void createLanguageModel(providerOf(planned), log),
    assertAllowed: (log) => assertAllowedContent({ texts: [prompt], imageUrls: [] }, { log }),
  };
}
