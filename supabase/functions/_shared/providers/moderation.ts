/**
 * The role of a moderator, and which one looks at what users write before it costs anything.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { type ModerationEnv, readModeration, readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { createGeminiModerator } from "./gemini_moderation.ts";
import { createOpenAiModerator } from "./openai_moderation.ts";
import type { ProviderCall } from "./render.ts";

/** What is looked at. */
export interface ModerationRequest {
  /** Blank ones are passed over. */
  readonly texts: readonly string[];
  /** Public addresses of jpeg, png or webp. */
  readonly imageUrls: readonly string[];
}

/** What was found. */
export interface Verdict {
  /** True when any text or picture breaks a rule. */
  readonly flagged: boolean;
  /** The moderator's own names of what it found, such as `violence`, in order. Empty when nothing was. */
  readonly categories: readonly string[];
}

/** Looks at texts and pictures. Safe to repeat. */
export interface Moderator {
  /** `openai`, `gemini`, or `none`. */
  readonly provider: string;
  /** Looks, and tells. Errors: those of the provider, as {@link createModerator} says. */
  check(request: ModerationRequest, call?: ProviderCall): Promise<Verdict>;
}

/** One question to a provider: all texts together, or one picture. Throws `AppError`. */
export interface ModerationDesk {
  /** Name in the catalogue. */
  readonly provider: string;
  /** Gives the categories that were found. */
  look(
    subject: { readonly texts: readonly string[] } | { readonly imageUrl: string },
    call: ProviderCall,
  ): Promise<readonly string[]>;
}

/** A click waits for it: what takes longer counts as down. */
const TIMEOUT_MS = 5_000;

/** Where the choice comes from; each defaults to the environment. */
export interface ModeratorOptions {
  /** What is configured. */
  readonly env?: ModerationEnv;
  /** Null: nobody has a key. */
  readonly desk?: ModerationDesk | null;
}

/**
 * Makes the moderator: OpenAI when it has a key (free), else Gemini (its cheapest model), else none, which
 * finds nothing. `MODERATION=off`: none.
 *
 * A moderator that is down lets everything pass, with a line in the log: what breaks a rule is still refused by
 * the provider that would draw it, and refunded, while a free service's bad hour would stop all work.
 * `MODERATION_WHEN_DOWN=refuse` throws its error instead.
 */
export function createModerator(log: Log, options: ModeratorOptions = {}): Moderator {
  const { isOff, refusesWhenDown } = options.env ?? readModeration();
  const desk = isOff ? null : options.desk === undefined ? configuredDesk(log) : options.desk;
  if (desk === null) {
    return { provider: "none", check: () => Promise.resolve({ flagged: false, categories: [] }) };
  }
  return {
    provider: desk.provider,
    check: async ({ texts, imageUrls }, call = {}) => {
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const within = { signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout };
      const written = [...new Set(texts.filter((text) => text.trim() !== ""))];
      const looks = await Promise.allSettled([
        ...(written.length === 0 ? [] : [desk.look({ texts: written }, within)]),
        ...[...new Set(imageUrls.filter((url) => url !== ""))].map((imageUrl) =>
          desk.look({ imageUrl }, within)
        ),
      ]);
      const found = looks.flatMap((look) => look.status === "fulfilled" ? look.value : []);
      // What one look has found stands, whatever became of the others.
      if (found.length > 0) {
        const categories = [...new Set(found)].sort();
        log.info("moderation_flagged", { provider: desk.provider, categories: categories.join() });
        return { flagged: true, categories };
      }
      const failed = looks.find((look) => look.status === "rejected");
      if (failed !== undefined) {
        if (refusesWhenDown || call.signal?.aborted) throw failed.reason;
        log.error("moderation_down", { provider: desk.provider }, failed.reason);
      }
      return { flagged: false, categories: [] };
    },
  };
}

/** The first that has a key. */
function configuredDesk(log: Log): ModerationDesk | null {
  const makers = [
    () => createOpenAiModerator({ ...readProviderEnv("openai"), log }),
    () => createGeminiModerator({ ...readProviderEnv("gemini"), log }),
  ];
  for (const make of makers) {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED")) throw error;
    }
  }
  return null;
}
