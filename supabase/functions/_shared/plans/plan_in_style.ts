/**
 * Clips in a style of the catalogue: planned, their prompts polished, and planned with those.
 *
 * @module
 */
import type { z } from "zod";
import type { generateVideoRequest } from "../../../../shared/contract/media_operations.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { Style } from "../database/preset.ts";
import type { StudioContext } from "../database/studio_context.ts";
import type { Log } from "../log.ts";
import { polishPresets } from "../polish_preset.ts";
import { fillPreset } from "../preset_prompt.ts";
import { choosePictures, planClips } from "./plan_clips.ts";

/** What is asked for, and in which style. */
export interface StyleWish {
  /** The request. */
  readonly body: z.output<typeof generateVideoRequest>;
  /** Its style. */
  readonly preset: Style;
  /** Told when a template had to do. */
  readonly log: Log;
  /** The caller's. */
  readonly signal: AbortSignal;
}

/**
 * Plans one job per picture. `studio` has models of all kinds. Takes a few seconds at most, where a language
 * model polishes. Errors: those of {@link planClips}; what is refused is not polished.
 */
export async function planInStyle(
  studio: StudioContext,
  { body, preset, log, signal }: StyleWish,
): Promise<NewJob[]> {
  planClips(studio, body, { preset });
  const templates = choosePictures(studio, body)
    .map((image) => fillPreset(preset, { image, prompt: body.prompt }));
  const polished = await polishPresets(templates, {
    models: studio.models,
    preferred: studio.settings.script_model,
    log,
    signal,
  });
  return planClips(studio, body, { preset, polished });
}
