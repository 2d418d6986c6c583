/**
 * Which adapter speaks for which provider of the catalogue.
 *
 * @module
 */
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { createFalImage } from "../providers/fal_image.ts";
import { createFalVideo } from "../providers/fal_video.ts";
import { createGeminiImage } from "../providers/gemini_image.ts";
import { createKie } from "../providers/kie.ts";
import type { ImageGenerator, Renderer, VideoRenderer } from "../providers/render.ts";
import { createRunway } from "../providers/runway.ts";

/** Adapters by role and provider. Each throws `PROVIDER_NOT_CONFIGURED` when its key is not set. */
export const IMAGE_GENERATORS: Readonly<Record<string, (log: Log) => ImageGenerator>> = {
  fal: (log) => createFalImage({ ...readProviderEnv("fal"), log }),
  gemini: (log) => createGeminiImage({ ...readProviderEnv("gemini"), log }),
};

/** What clips need to know of a provider. Each throws `PROVIDER_NOT_CONFIGURED` when its key is not set. */
export interface VideoProvider {
  /** Its adapter. */
  create(log: Log): VideoRenderer;
  /** Whether it is to be given a callback URL; else its tasks are only looked at. */
  callsBack(): boolean;
  /** Its base URL: results on that host are fetched even where it is a private one, as a simulator's is. */
  baseUrl(): string;
}

/** Who renders clips, by provider. */
export const VIDEO_PROVIDERS: Readonly<Record<string, VideoProvider>> = {
  kie: {
    create: (log) => {
      const { apiKey, baseUrl, uploadUrl } = readProviderEnv("kie");
      return createKie({ apiKey, baseUrl, uploadUrl, log });
    },
    callsBack: () => true,
    baseUrl: () => readProviderEnv("kie").baseUrl,
  },
  fal: {
    create: (log) => createFalVideo({ ...readProviderEnv("fal"), log }),
    // Without our account's id its callbacks can't be told from other customers'.
    callsBack: () => readProviderEnv("fal").webhookUserId !== undefined,
    baseUrl: () => readProviderEnv("fal").queueUrl,
  },
  runway: {
    create: (log) => createRunway({ ...readProviderEnv("runway"), log }),
    // It has no such thing.
    callsBack: () => false,
    baseUrl: () => readProviderEnv("runway").baseUrl,
  },
};

/** Gives what speaks for a clip's provider. Throws a plain error for one that no adapter renders for. */
export function videoProvider(name: string): VideoProvider {
  const provider = Object.hasOwn(VIDEO_PROVIDERS, name) ? VIDEO_PROVIDERS[name] : undefined;
  if (provider === undefined) throw new Error(`No adapter renders clips for "${name}"`);
  return provider;
}

/** A renderer as far as calling its tasks off goes: what it renders does not matter. */
export type AnyRenderer = Pick<Renderer<never>, "provider" | "cancel">;

/** Gives a provider's renderer, or undefined for one we do not know. */
export function createRenderers(log: Log): (provider: string) => AnyRenderer | undefined {
  return (provider) => VIDEO_PROVIDERS[provider]?.create(log) ?? IMAGE_GENERATORS[provider]?.(log);
}
