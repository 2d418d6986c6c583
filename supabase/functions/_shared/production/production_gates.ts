/**
 * What is asked before a production begins.
 *
 * @module
 */
import type { FilmPlan } from "../../../../shared/contract/film_operations.ts";
import { assertAllowedContent } from "../allowed_content.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { readProviderEnv } from "../env.ts";
import { IMAGE_GENERATORS, videoProvider } from "../jobs/renderers.ts";
import type { Log } from "../log.ts";
import type { Gates } from "../plans/gates.ts";
import { createLanguageModel } from "../providers/language_models.ts";
import type { ModerationRequest } from "../providers/moderation.ts";
import { assertAffordable } from "./affordable.ts";
import type { ProductionPayload } from "./payload.ts";
import { type Context, planRequest, type ProductionPlan } from "./plan_production.ts";
import type { ProductionRequest } from "./production_request.ts";

/** Everybody it will need, what may be spent, and moderation. */
export function productionGates(
  context: Context & Pick<StudioContext, "balance">,
  request: ProductionRequest,
  { plan, payload }: ProductionPlan,
): Gates {
  return {
    assertConfigured: (log) => assertConfigured(plan, log),
    assertAffordable: () =>
      assertAffordable(context, request, {
        credits: plan.credits,
        planWith: (options) => planRequest(context, { ...request, options }).plan,
      }),
    assertAllowed: (log) => assertAllowedContent(contentOfFilm(context, payload), { log }),
  };
}

/**
 * Gathers what moderation looks at: the idea, the style, whatever of the project its owner may have edited, and
 * pictures of their own.
 */
export function contentOfFilm(
  { project, scenes = [], characters = [], frames = [], images = [] }: Context,
  { prompt, wish }: ProductionPayload,
): ModerationRequest {
  const used = new Set([...characters, ...frames].map(({ image_id }) => image_id));
  const uploads = images.filter(({ id, source }) => source === "uploaded" && used.has(id));
  const texts = [
    prompt ?? "",
    wish.category,
    wish.tone,
    wish.style,
    ...(project === undefined ? [] : [project.title, project.description, project.tone]),
    ...scenes.flatMap(({ title, plot, text }) => [title, plot, text]),
    ...characters.flatMap(({ name, description }) => [name, description]),
    ...frames.flatMap(({ action, camera, video_prompt }) => [action, camera, video_prompt]),
  ].filter((text) => text !== "");
  return { texts, imageUrls: uploads.map(({ url }) => url ?? "") };
}

/** Throws `PROVIDER_NOT_CONFIGURED` for the first that has no key: a film must not stop when it is half paid. */
function assertConfigured({ items }: Pick<FilmPlan, "items">, log: Log): void {
  for (const { kind, provider } of items) {
    if (kind === "audio") readProviderEnv("googleTts");
    else if (kind === "image") IMAGE_GENERATORS[provider]?.(log);
    else if (kind === "video") videoProvider(provider).create(log);
    else if (kind !== "film") createLanguageModel(provider, log);
  }
}
