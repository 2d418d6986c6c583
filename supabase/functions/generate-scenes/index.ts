/**
 * `POST generate-scenes`: writes the scenes of a project that has none, or new ones in their place.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateScenesRequest`, answer 202 with `{ job, plan,
 * credits_charged, balance }`; the rows of `scenes` are written when the job ends. Scenes written anew keep their
 * ids; what was made from them is then stale. Scenes that show something else now lose their shots, and are broken
 * into new ones by the next film.
 * Errors: as of make-film.
 * Touches: `scenes`, `jobs`, the ledger; the language model.
 *
 * @module
 */
import { createOperation } from "../_shared/operation.ts";
import { productionOf } from "../_shared/production/production_request.ts";
import { planProduction, startProduction } from "../_shared/production/start_production.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-scenes", services, async (call) => {
    const request = productionOf({ operation: "generate-scenes", body: call.body });
    const planned = await planProduction(call, "generate-scenes", request);
    if (planned.replay !== null) return planned.replay;
    return await startProduction(call, "generate-scenes", { ...planned, ...request });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
