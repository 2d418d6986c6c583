/**
 * `POST generate-frames`: breaks the scenes of a project into shots, where they have none.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateFramesRequest`, answer 202 with `{ job, plan,
 * credits_charged, balance }`; the rows of `frames` are written when the job ends, with who is seen in each.
 * A cast that is there has to be confirmed first: the job waits for it.
 * Errors: as of make-film.
 * Touches: `frames`, `frame_characters`, `jobs`, the ledger; the language model.
 *
 * @module
 */
import { createOperation } from "../_shared/operation.ts";
import { productionOf } from "../_shared/production/production_request.ts";
import { planProduction, startProduction } from "../_shared/production/start_production.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-frames", services, async (call) => {
    const request = productionOf({ operation: "generate-frames", body: call.body });
    const planned = await planProduction(call, "generate-frames", request);
    if (planned.replay !== null) return planned.replay;
    return await startProduction(call, "generate-frames", { ...planned, ...request });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
