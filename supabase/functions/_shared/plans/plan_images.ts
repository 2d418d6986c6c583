/**
 * Which pictures a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { generateImageRequest } from "../../../../shared/contract/media_operations.ts";
import { assertAllowed, chooseModel, limitsOf } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import type { ImagePayload } from "../jobs/image_job.ts";
import { aspectRatioOf, composeImagePrompt } from "../prompts.ts";

/** Pictures take seconds; half an hour covers a provider's bad day. */
const DEADLINE_SECONDS = 1800;

/** Gemini answers at once or never: a lost answer can't be found again, so there is little to wait for. */
const DEADLINES: Readonly<Record<string, number>> = { gemini: 300 };

/**
 * Plans one job a candidate: each is charged, ends and may be tried again on its own. The first one will
 * stand for its scene. Errors: `MODEL_INPUT_INVALID`, `MODEL_RETIRED`.
 */
export function planImages(
  { project, scenes, settings, models }: StudioContext,
  body: z.output<typeof generateImageRequest>,
): NewJob[] {
  const scene = scenes.find((candidate) => candidate.id === body.scene_id) ?? null;
  const model = chooseModel(models, { asked: body.model, preferred: settings.image_model });
  const limits = limitsOf(model);
  const aspectRatio = body.aspect_ratio ?? aspectRatioOf(project.platform);
  assertAllowed(model, "aspect_ratio", { value: aspectRatio, allowed: limits.aspect_ratios });
  const prompt = composeImagePrompt({ project, scene }, {
    style: body.style_prompt ?? settings.default_image_style,
    maxChars: limits.max_prompt_chars,
  });
  return Array.from({ length: body.num_images }, (_, at) => {
    const payload: ImagePayload = {
      request: {
        endpoint: model.endpoint,
        prompt,
        aspectRatio,
        ...(body.model_options === undefined ? {} : { options: optionsOf(body.model_options, at) }),
      },
      scene_id: scene?.id ?? null,
      is_main: at === 0,
      typical_sec: model.typical_sec,
    };
    return {
      kind: "image",
      project_id: project.id,
      model_id: model.id,
      units: 1,
      deadline_sec: DEADLINES[model.provider] ?? DEADLINE_SECONDS,
      payload: JSON.parse(JSON.stringify(payload)),
      asset: { scene_id: scene?.id ?? null, prompt, model: model.id },
    };
  });
}

/** Candidates of one seed would be one picture several times: each has its own, and all can be had again. */
function optionsOf<Options extends { readonly seed?: number | undefined }>(
  options: Options,
  at: number,
): Options {
  const { seed } = options;
  return seed === undefined ? options : { ...options, seed: (seed + at) % 2 ** 32 };
}
