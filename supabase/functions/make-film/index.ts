/**
 * `POST make-film`: a whole film from an idea, or of a project that is there; it runs by itself from then on.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `makeFilmRequest`, answer 202 with `{ job, plan,
 * credits_charged, balance }`: the job is the production, its `stage` and `progress` tell how far it is, its
 * children carry the charges. `dry_run`: 200 with the plan, job null, nothing charged,
 * and no 402.
 * Errors besides the pipeline's: 402 `INSUFFICIENT_CREDITS`, `BUDGET_EXCEEDED` (with cheaper plans), 404, 409
 * `STATE_CONFLICT` (the project is in production), 409/422 `IDEMPOTENCY_*`, 410 `MODEL_RETIRED`, 422
 * `MODEL_INPUT_INVALID`, `PLAN_DOES_NOT_FIT`, `AUDIO_INVALID` and 413 `PAYLOAD_TOO_LARGE` (`options.music`), 429 `RATE_LIMITED`
 * (tracks of a day), 503 `PROVIDER_NOT_CONFIGURED`.
 * Touches: everything that a film is made of.
 *
 * @module
 */
import { createOperation, type OperationCall } from "../_shared/operation.ts";
import type { ProductionPayload } from "../_shared/production/payload.ts";
import { productionOf } from "../_shared/production/production_request.ts";
import { planProduction, startProduction } from "../_shared/production/start_production.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { takeMusic } from "../_shared/uploads/keep_music.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("make-film", services, async (call) => {
    const request = productionOf({ operation: "make-film", body: call.body });
    const planned = await planProduction(call, "make-film", request);
    if (planned.replay !== null) return planned.replay;
    if (call.body.dry_run) {
      const { plan, balance } = planned;
      return { status: 200, body: { job: null, plan, credits_charged: 0, balance } };
    }
    const payload = await withMusic(call, planned.payload);
    return await startProduction(call, "make-film", { ...planned, ...request, payload });
  });
}

/** Looks at the music before anything is charged, and keeps it where there is a project. */
async function withMusic(
  { body, identity, services, request }: OperationCall<"make-film">,
  payload: ProductionPayload,
): Promise<ProductionPayload> {
  if (payload.wish.music === undefined) return payload;
  const music = await takeMusic(payload.wish.music, {
    projectId: body.project_id ?? null,
    userId: identity.userId,
    client: identity.client,
    service: identity.serviceClient,
    supabaseUrl: services.supabaseUrl,
    bucket: services.storageBucket,
    signal: request.signal,
  });
  return { ...payload, wish: { ...payload.wish, music } };
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
