/**
 * Which clips a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { generateVideoRequest } from "../../../../shared/contract/media_operations.ts";
import { AppError } from "../app_error.ts";
import { assertAllowed, assertAtMost, limitsOf, type Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { Style } from "../database/preset.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { fillPreset, type WrittenPrompt } from "../preset_prompt.ts";
import { aspectRatioOf, composeVideoPrompt, nearestAspectRatio } from "../prompts.ts";
import { clipJob } from "./asset_jobs.ts";
import { chooseVideoModel } from "./choose_video_model.ts";

/** A breath after the narration, so that a cut does not fall on its last word. */
const TAIL_SECONDS = 0.3;

type Body = z.output<typeof generateVideoRequest>;

/** A picture of a {@link StudioContext}. */
export type StudioImage = StudioContext["images"][number];

/** The style that clips are made in. */
export interface ClipStyle {
  /** As read from the catalogue. */
  readonly preset: Style;
  /** Better texts for what `fillPreset` gives, by that. Absent ones: the template's own. */
  readonly polished?: ReadonlyMap<string, WrittenPrompt>;
}

/**
 * Plans one job per picture, in the order of the request's ids. A style's settings count where the request does
 * not say: its model if that is offered, the nearest of its length and shape that the model takes.
 * Errors: `NOT_FOUND`, `STATE_CONFLICT`, and those of {@link chooseVideoModel}.
 */
export function planClips(studio: StudioContext, body: Body, style?: ClipStyle): NewJob[] {
  const sample = style?.preset.sample_settings ?? {};
  const model = chooseVideoModel(studio.models.filter(({ kind }) => kind === "video"), {
    asked: body.model,
    preferred: sample.model ?? studio.settings.video_model,
    provider: studio.settings.video_provider,
  });
  const limits = limitsOf(model);
  if (body.prompt !== undefined) {
    assertAtMost(model, "prompt", { count: body.prompt.length, limit: limits.max_prompt_chars });
  }
  const lastImageUrl = lastImageUrlOf(studio, model, body.last_image_id);
  return choosePictures(studio, body).map((image) => {
    const scene = studio.scenes.find((candidate) => candidate.id === image.scene_id) ?? null;
    const narration = studio.audio_clips.find((clip) => clip.scene_id === image.scene_id);
    const durationSeconds = body.duration_sec ??
      coveringDuration(
        limits.durations_sec,
        Math.max(
          (narration?.duration_sec ?? 0) + (narration === undefined ? 0 : TAIL_SECONDS),
          sample.duration_sec ?? 0,
        ),
      );
    assertAllowed(model, "duration_sec", { value: durationSeconds, allowed: limits.durations_sec });
    const aspectRatio = body.aspect_ratio ??
      allowedOr(sample.aspect_ratio, limits.aspect_ratios) ??
      (image.width === null || image.height === null
        ? aspectRatioOf(studio.project.platform)
        : nearestAspectRatio(image.width / image.height, limits.aspect_ratios));
    assertAllowed(model, "aspect_ratio", { value: aspectRatio, allowed: limits.aspect_ratios });
    const { prompt, by } = promptOf(
      { studio, body, scene, image, style },
      limits.max_prompt_chars,
    );
    return clipJob(model, {
      projectId: studio.project.id,
      sceneId: image.scene_id,
      image,
      request: {
        endpoint: model.endpoint,
        prompt,
        imageUrl: image.url ?? "",
        ...(lastImageUrl === undefined ? {} : { lastImageUrl }),
        durationSeconds,
        aspectRatio,
      },
      more: { prompt_by: by, ...(style === undefined ? {} : { preset: style.preset.slug }) },
    });
  });
}

/** Where the clip is to end, when the request says so and the model can. */
function lastImageUrlOf(
  studio: StudioContext,
  model: Model,
  id: string | undefined,
): string | undefined {
  const { last_frame: isTaken = false, last_frame_required: isRequired = false } = limitsOf(model);
  if (id === undefined && !isRequired) return undefined;
  if (id !== undefined && isTaken) return pictureOf(studio, id).url ?? "";
  throw new AppError(
    "MODEL_INPUT_INVALID",
    id === undefined
      ? `Cannot use model "${model.id}" without last_image_id: it renders from one picture to another`
      : `Cannot use last_image_id with model "${model.id}": it takes no last frame`,
    {
      details: {
        field: "last_image_id",
        model: model.id,
        // Those that would do what was asked for.
        allowed: studio.models
          .filter((one) => one.retired_at === null)
          .filter((one) =>
            id === undefined
              ? limitsOf(one).last_frame_required !== true
              : limitsOf(one).last_frame === true
          )
          .map((one) => one.id),
      },
    },
  );
}

function pictureOf(studio: StudioContext, id: string): StudioContext["images"][number] {
  const image = studio.images.find((candidate) => candidate.id === id);
  if (image !== undefined) return image;
  throw new AppError("NOT_FOUND", `Cannot find a ready picture "${id}" in this project`);
}

/** What the model is asked for, and whose words they are. */
function promptOf(
  { studio, body, scene, image, style }: {
    readonly studio: StudioContext;
    readonly body: Body;
    readonly scene: StudioContext["scenes"][number] | null;
    readonly image: StudioImage;
    readonly style: ClipStyle | undefined;
  },
  maxChars: number | undefined,
): { prompt: string; by: "user" | WrittenPrompt["by"] } {
  if (style !== undefined) {
    const filled = fillPreset(style.preset, { image, prompt: body.prompt });
    const { prompt, by } = style.polished?.get(filled) ?? { prompt: filled, by: "template" };
    return { prompt: Array.from(prompt).slice(0, maxChars).join(""), by };
  }
  if (body.prompt !== undefined) return { prompt: body.prompt, by: "user" };
  return {
    prompt: composeVideoPrompt({ project: studio.project, scene, image }, maxChars),
    by: "template",
  };
}

/**
 * Gives the pictures meant: those named, or the main ones of the scenes named.
 * Errors: `NOT_FOUND`, `STATE_CONFLICT`.
 */
export function choosePictures(
  studio: StudioContext,
  body: Pick<Body, "image_ids" | "scene_ids">,
): StudioImage[] {
  if (body.image_ids !== undefined) {
    return body.image_ids.map((id) => pictureOf(studio, id));
  }
  return (body.scene_ids ?? []).map((id) => {
    if (!studio.scenes.some((scene) => scene.id === id)) {
      throw new AppError("NOT_FOUND", `Cannot find scene "${id}" in this project`);
    }
    const pictures = studio.images.filter((image) => image.scene_id === id);
    const image = pictures.find((candidate) => candidate.is_main) ?? pictures[0];
    if (image !== undefined) return image;
    throw new AppError("STATE_CONFLICT", `Cannot render scene "${id}": it has no ready picture`, {
      hint: "Call generate-image for the scene first",
    });
  });
}

/** The shortest of a model's durations that is as long as this; the longest when none is. */
function coveringDuration(durations: readonly number[] | undefined, wantedSeconds: number): number {
  const choices = [...(durations ?? [5])].sort((a, b) => a - b);
  return choices.find((seconds) => seconds >= wantedSeconds) ?? choices.at(-1) ?? 5;
}

/** A style's wish, where the model takes it. */
function allowedOr<Value>(
  wish: Value | undefined,
  allowed: readonly Value[] | undefined,
): Value | undefined {
  return wish === undefined || allowed === undefined || allowed.includes(wish) ? wish : undefined;
}
