/**
 * `POST generate-characters`: casts a project: names, looks, voices, and a reference picture each.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateCharactersRequest`, answer 202 with `{ job, plan,
 * credits_charged, balance }`; the rows of `characters` fill while the job runs. Those that are there count.
 * Errors: as of make-film.
 * Touches: `characters`, `image_assets`, `jobs`, the ledger; the language and picture models.
 *
 * @module
 */
import { createOperation } from "../_shared/operation.ts";
import { productionOf } from "../_shared/production/production_request.ts";
import { planProduction, startProduction } from "../_shared/production/start_production.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-characters", services, async (call) => {
    const request = productionOf({ operation: "generate-characters", body: call.body });
    const planned = await planProduction(call, "generate-characters", request);
    if (planned.replay !== null) return planned.replay;
    return await startProduction(call, "generate-characters", { ...planned, ...request });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
