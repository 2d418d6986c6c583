/**
 * Whether everybody who is needed has a key.
 *
 * @module
 */
import { readProviderEnv } from "../env.ts";
import { IMAGE_GENERATORS, videoProvider } from "../jobs/renderers.ts";
import type { Log } from "../log.ts";
import { createLanguageModel } from "../providers/language_models.ts";

/** Work to be done, and by whom. */
export interface Worked {
  /** As in `jobs.kind`. */
  readonly kind: string;
  /** As in the catalogue. Null: a row that does not say. */
  readonly provider: string | null;
}

/** Throws `PROVIDER_NOT_CONFIGURED` for the first that has no key. Asks nobody. */
export function assertConfigured(items: readonly Worked[], log: Log): void {
  for (const { kind, provider } of items) {
    if (kind === "audio") readProviderEnv("googleTts");
    else if (kind === "film" || provider === null) continue;
    else if (kind === "image") IMAGE_GENERATORS[provider]?.(log);
    else if (kind === "video") videoProvider(provider).create(log);
    else createLanguageModel(provider, log);
  }
}
