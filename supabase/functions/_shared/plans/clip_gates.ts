/**
 * What is asked before clips are charged.
 *
 * @module
 */
import { assertAllowedContent, contentOf } from "../allowed_content.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { videoProvider } from "../jobs/renderers.ts";
import { type Gates, OPEN_GATES, type Planned, providerOf } from "./gates.ts";

/** Their provider's key, and moderation of what it would be shown. */
export function clipGates(planned: Planned & Pick<StudioContext, "images">): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) => void videoProvider(providerOf(planned)).create(log),
    assertAllowed: (log) => assertAllowedContent(contentOf(planned.jobs, planned.images), { log }),
  };
}
