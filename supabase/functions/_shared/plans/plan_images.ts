/**
 * Which pictures a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { generateImageRequest } from "../../../../shared/contract/media_operations.ts";
import { AppError } from "../app_error.ts";
import { assertAllowed, limitsOf } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import {
  aspectRatioOf,
  composeFramePrompt,
  composeImagePrompt,
  composeReferencePrompt,
} from "../prompts.ts";
import { pictureJob } from "./asset_jobs.ts";
import { chooseImageModel } from "./choose_image_model.ts";
import { optionsOf } from "./model_options.ts";
import { referencesOf } from "./references.ts";

/**
 * Plans one job a candidate: each is charged, ends and may be tried again on its own. The first one will
 * stand for its scene, character or shot. Errors: `MODEL_INPUT_INVALID`, `MODEL_RETIRED`, `NOT_FOUND`,
 * `REFERENCE_MISSING`.
 */
export function planImages(
  studio: StudioContext,
  body: z.output<typeof generateImageRequest>,
): NewJob[] {
  const { project, settings, models } = studio;
  const subject = subjectOf(studio, body);
  const model = chooseImageModel(models, {
    asked: body.model,
    preferred: settings.image_model,
    hasCast: subject.cast.length > 0,
  });
  const limits = limitsOf(model);
  const aspectRatio = body.aspect_ratio ??
    (subject.character === null ? aspectRatioOf(project.platform) : "1:1");
  assertAllowed(model, "aspect_ratio", { value: aspectRatio, allowed: limits.aspect_ratios });
  const style = {
    style: body.style_prompt ?? settings.default_image_style,
    maxChars: limits.max_prompt_chars,
  };
  const { scene, character, frame, cast } = subject;
  const prompt = character !== null
    ? composeReferencePrompt(character, style)
    : frame !== null
    ? composeFramePrompt({ project, frame, cast }, style)
    : composeImagePrompt({ project, scene }, style);
  const referenceUrls = referencesOf(studio.images, cast, model);
  return Array.from({ length: body.num_images }, (_, at) =>
    pictureJob(model, {
      projectId: project.id,
      sceneId: scene?.id ?? null,
      characterId: character?.id ?? null,
      frameId: frame?.id ?? null,
      request: {
        endpoint: model.endpoint,
        prompt,
        aspectRatio,
        ...(referenceUrls.length === 0 ? {} : { referenceUrls }),
        ...(body.model_options === undefined
          ? {}
          : { options: optionsOf(model, body.model_options, at) }),
      },
      isMain: at === 0 && (frame === null || frame.index === 1),
      isChosen: at === 0,
    }));
}

/** What is drawn. */
interface Subject {
  readonly scene: StudioContext["scenes"][number] | null;
  readonly character: StudioContext["characters"][number] | null;
  readonly frame: StudioContext["frames"][number] | null;
  /** Who is seen in the shot. */
  readonly cast: readonly StudioContext["characters"][number][];
}

function subjectOf(
  { scenes, characters, frames }: StudioContext,
  { scene_id, character_id, frame_id }: z.output<typeof generateImageRequest>,
): Subject {
  const character = characters.find(({ id }) => id === character_id) ?? null;
  const frame = frames.find(({ id }) => id === frame_id) ?? null;
  if (character_id !== undefined && character === null) {
    throw new AppError("NOT_FOUND", `Cannot find character "${character_id}" in this project`);
  }
  if (frame_id !== undefined && frame === null) {
    throw new AppError("NOT_FOUND", `Cannot find frame "${frame_id}" in this project`);
  }
  return {
    scene: scenes.find(({ id }) => id === (frame?.scene_id ?? scene_id)) ?? null,
    character,
    frame,
    cast: (frame?.character_ids ?? []).flatMap((id) =>
      characters.find((one) => one.id === id) ?? []
    ),
  };
}
