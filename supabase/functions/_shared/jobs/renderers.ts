/**
 * Which adapter speaks for which provider of the catalogue.
 *
 * @module
 */
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { createFalImage } from "../providers/fal_image.ts";
import { createKie } from "../providers/kie.ts";
import type { ImageGenerator, Renderer, VideoRenderer } from "../providers/render.ts";

/** Adapters by role and provider. Each throws `PROVIDER_NOT_CONFIGURED` when its key is not set. */
export const IMAGE_GENERATORS: Readonly<Record<string, (log: Log) => ImageGenerator>> = {
  fal: (log) => createFalImage({ ...readProviderEnv("fal"), log }),
};

/** As {@link IMAGE_GENERATORS}. */
export const VIDEO_RENDERERS: Readonly<Record<string, (log: Log) => VideoRenderer>> = {
  kie: (log) => {
    const { apiKey, baseUrl } = readProviderEnv("kie");
    return createKie({ apiKey, baseUrl, log });
  },
};

/** A renderer as far as its tasks go: what it renders does not matter. */
export type AnyRenderer = Pick<Renderer<never>, "provider" | "status" | "cancel">;

/** Gives a provider's renderer, or undefined for one we do not know. */
export function createRenderers(log: Log): (provider: string) => AnyRenderer | undefined {
  return (provider) => (VIDEO_RENDERERS[provider] ?? IMAGE_GENERATORS[provider])?.(log);
}
