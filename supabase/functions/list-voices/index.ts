/**
 * `GET|POST list-voices?language=&provider=`: the voices that generate-audio takes, each with what it can do
 * and the row of the catalogue that says what it costs.
 *
 * Caller: user JWT; spends nothing. Request `listVoicesRequest`, answer 200 with `{ voices }`, by id. Voices
 * of families that the catalogue does not offer are left out.
 * Errors besides the pipeline's: 503 `PROVIDER_NOT_CONFIGURED`, 502/503/504 `PROVIDER_*`.
 * Limits: the provider's list is kept for an hour in each isolate.
 * Touches: reads `models`; the speech provider.
 *
 * @module
 */
import { readCatalogue } from "../_shared/database/studio_context.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import {
  createSpeech,
  isolateVoices,
  SPEECH_PROVIDER,
} from "../_shared/providers/speech_provider.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { findVoices } from "../_shared/voice_list.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("list-voices", services, async (call) => {
    const catalogue = await readCatalogue(readFor(call, "list-voices"), "speech");
    if (catalogue.replay !== null) return catalogue.replay;
    const voices = await isolateVoices.get(() => createSpeech(call.log).listVoices());
    const models = catalogue.models.filter(({ provider }) => provider === SPEECH_PROVIDER);
    return { body: { voices: findVoices(voices, models, call.body) } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
