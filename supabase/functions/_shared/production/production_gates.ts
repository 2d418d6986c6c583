/**
 * What is asked before a production begins.
 *
 * @module
 */
import { assertAllowedContent } from "../allowed_content.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { assertConfigured } from "../plans/configured.ts";
import type { Gates } from "../plans/gates.ts";
import type { ModerationRequest } from "../providers/moderation.ts";
import { assertVoiceExists } from "../providers/speech_provider.ts";
import { assertAffordable } from "./affordable.ts";
import type { ProductionPayload } from "./payload.ts";
import { type Context, planRequest, type ProductionPlan } from "./plan_production.ts";
import type { ProductionRequest } from "./production_request.ts";

/** Everybody it will need, what may be spent, moderation, and whether there is the voice it is to speak with. */
export function productionGates(
  context: Context & Pick<StudioContext, "balance">,
  request: ProductionRequest,
  { plan, payload }: ProductionPlan,
): Gates {
  return {
    // A film must not stop when it is half paid.
    assertConfigured: (log) => assertConfigured(plan.items, log),
    assertAffordable: () =>
      assertAffordable(context, request, {
        credits: plan.credits,
        planWith: (options) => planRequest(context, { ...request, options }).plan,
      }),
    assertAllowed: async (log) => {
      await Promise.all([
        assertAllowedContent(contentOfFilm(context, payload), { log }),
        plan.items.some(({ kind }) => kind === "audio") &&
        assertVoiceExists(payload.wish.voice_id, { log }),
      ]);
    },
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
