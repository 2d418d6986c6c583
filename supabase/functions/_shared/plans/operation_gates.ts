/**
 * What stands between a plan and its charge, by operation: the same questions that the operation itself asks.
 *
 * @module
 */
import type { z } from "zod";
import type { generateAudioRequest } from "../../../../shared/contract/media_operations.ts";
import { assertAllowedContent, contentOf } from "../allowed_content.ts";
import type { Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { IMAGE_GENERATORS, videoProvider } from "../jobs/renderers.ts";
import type { Log } from "../log.ts";
import { createLanguageModel } from "../providers/language_models.ts";
import { assertVoiceExists, createSpeech } from "../providers/speech_provider.ts";
import { assertAffordable } from "../production/affordable.ts";
import type { ProductionRequest } from "../production/production_request.ts";
import {
  assertConfigured,
  contentOf as contentOfFilm,
  type Context,
  type PlannedProduction,
  planRequest,
} from "../production/start_production.ts";
import { voiceFor } from "./plan_audio.ts";

/** What an operation asks before it charges. `create_jobs` has the last word on balance and budget. */
export interface Gates {
  /** Asks nobody. Throws `PROVIDER_NOT_CONFIGURED`. */
  assertConfigured(log: Log): void;
  /** Asks nobody. Throws `BUDGET_EXCEEDED`, `INSUFFICIENT_CREDITS`, where the operation says so before it begins. */
  assertAffordable(): void;
  /** Asks moderators and providers. Throws `CONTENT_REFUSED`, `MODEL_INPUT_INVALID`. */
  assertAllowed(log: Log): Promise<void>;
}

/** Nothing to ask. */
export const OPEN_GATES: Gates = {
  assertConfigured: () => {},
  assertAffordable: () => {},
  assertAllowed: () => Promise.resolve(),
};

/** What planned assets are asked by. */
interface Planned {
  /** What they were planned from. */
  readonly models: readonly Model[];
  /** What would be started. */
  readonly jobs: readonly NewJob[];
}

/** Of a script: its model, and moderation of the idea. */
export function scriptGates(planned: Planned, prompt: string): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) =>
      eachModel(planned, ({ provider }) => createLanguageModel(provider, log)),
    assertAllowed: (log) => assertAllowedContent({ texts: [prompt], imageUrls: [] }, { log }),
  };
}

/** Of pictures: their provider, and moderation. */
export function imageGates(planned: Planned & Pick<StudioContext, "images">): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) =>
      eachModel(planned, ({ provider }) => IMAGE_GENERATORS[provider]?.(log)),
    assertAllowed: (log) => assertAllowedContent(contentOf(planned.jobs, planned.images), { log }),
  };
}

/** Of narration: the synthesizer, and whether it has the voice. */
export function audioGates(
  studio: StudioContext,
  body: z.output<typeof generateAudioRequest>,
): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) => void createSpeech(log),
    assertAllowed: async (log) => void await assertVoiceExists(voiceFor(studio, body), { log }),
  };
}

/** Of clips: their provider, and moderation. */
export function clipGates(planned: Planned & Pick<StudioContext, "images">): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) =>
      eachModel(planned, ({ provider }) => videoProvider(provider).create(log)),
    assertAllowed: (log) => assertAllowedContent(contentOf(planned.jobs, planned.images), { log }),
  };
}

/** Of a production: everybody it will need, what may be spent, and moderation. */
export function productionGates(
  context: Context & Pick<StudioContext, "balance">,
  request: ProductionRequest,
  { plan, payload }: Pick<PlannedProduction, "plan" | "payload">,
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

function eachModel({ models, jobs }: Planned, ask: (model: Model) => unknown): void {
  for (const model of models) if (model.id === jobs[0]?.model_id) ask(model);
}
