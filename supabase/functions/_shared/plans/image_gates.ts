/**
 * What is asked before pictures are charged.
 *
 * @module
 */
import { assertAllowedContent, contentOf } from "../allowed_content.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { IMAGE_GENERATORS } from "../jobs/renderers.ts";
import { type Gates, OPEN_GATES, type Planned, providerOf } from "./gates.ts";

/** Their provider's key, and moderation of what it would be shown. */
export function imageGates(planned: Planned & Pick<StudioContext, "images">): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) => void IMAGE_GENERATORS[providerOf(planned)]?.(log),
    assertAllowed: (log) => assertAllowedContent(contentOf(planned.jobs, planned.images), { log }),
  };
}
