/**
 * Prices before the click.
 *
 * @module
 */
import { z } from "zod";
import { FILM_OPERATIONS, filmPlan, quoteItem } from "./film_operations.ts";
import { JOB_OPERATIONS } from "./job_operations.ts";
import { MEDIA_OPERATIONS } from "./media_operations.ts";
import type { OperationDefinition } from "./operation.ts";

/** Any operation that spends, with the body it would be called with. */
export const estimateRequest = z.discriminatedUnion("operation", [
  priced("generate-script", MEDIA_OPERATIONS["generate-script"].request),
  priced("generate-image", MEDIA_OPERATIONS["generate-image"].request),
  priced("generate-audio", MEDIA_OPERATIONS["generate-audio"].request),
  priced("generate-video", MEDIA_OPERATIONS["generate-video"].request),
  priced("stitch-video", MEDIA_OPERATIONS["stitch-video"].request),
  priced("retry-job", JOB_OPERATIONS["retry-job"].request),
  priced("make-film", FILM_OPERATIONS["make-film"].request),
  priced("generate-characters", FILM_OPERATIONS["generate-characters"].request),
  priced("generate-scenes", FILM_OPERATIONS["generate-scenes"].request),
  priced("generate-frames", FILM_OPERATIONS["generate-frames"].request),
]);

function priced<Name extends string, Body extends z.ZodType>(operation: Name, body: Body) {
  return z.strictObject({ operation: z.literal(operation), body });
}

/** By name. */
export const ESTIMATE_OPERATIONS = {
  estimate: {
    caller: "user",
    spends: false,
    status: 200,
    summary: "Tell what an operation would cost, at no cost",
    request: estimateRequest,
    response: z.object({
      operation: z.string(),
      /** Of all. */
      credits: z.int(),
      /** Seconds until all of it is usually there. */
      typical_sec: z.number(),
      items: z.array(quoteItem),
      /** The shots of a film. Absent for other operations. */
      plan: filmPlan.optional(),
      /** The caller's. */
      balance: z.int(),
    }),
  },
} as const satisfies Record<string, OperationDefinition>;
