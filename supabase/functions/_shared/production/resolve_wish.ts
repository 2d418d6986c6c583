/**
 * From a request to a production's whole wish: every choice made and checked before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { filmOptions } from "../../../../shared/contract/film_operations.ts";
import { AppError } from "../app_error.ts";
import { assertAllowed, chooseModel, limitsOf, type Model } from "../catalogue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { aspectRatioOf } from "../prompts.ts";
import { modelOfVoice } from "../voice_list.ts";
import { defaultVoice } from "../voices.ts";
import type { ProductionWish } from "./payload.ts";
import { chooseSceneCount, durationsOf } from "./shots.ts";

const DEFAULT_TARGET_SECONDS = 30;

/** A scene's length when only their number is said. */
const SECONDS_PER_SCENE = 8;

/** Scripts of more are refused by the columns. */
const MOST_SCENES = 30;

/** What is known before there is a project. */
export type WishContext =
  & Pick<StudioContext, "settings" | "models">
  & Partial<Pick<StudioContext, "project" | "scenes" | "characters">>;

/**
 * Fills in the wish. Errors: `MODEL_INPUT_INVALID` (a model that is unknown, that draws nobody by reference, or
 * that has not the platform's shape), `MODEL_RETIRED`.
 */
export function resolveWish(
  { settings, models, project, scenes = [], characters = [] }: WishContext,
  options: z.output<typeof filmOptions>,
): ProductionWish {
  const of = (kind: string) => models.filter((model) => model.kind === kind);
  const platform = options.platform ?? project?.platform ?? "youtube";
  const language = options.language ?? project?.language ?? settings.default_language;
  const characterCount = Math.max(options.character_count ?? 0, characters.length);
  const script = chooseModel(of("script"), {
    asked: options.script_model,
    preferred: settings.script_model,
  });
  const image = chooseImageModel(of("image"), {
    asked: options.image_model,
    preferred: settings.image_model,
    hasCast: characterCount > 0,
  });
  const video = chooseModel(of("video"), {
    asked: options.video_model,
    preferred: settings.video_model,
    provider: settings.video_provider,
  });
  const voice = options.voice_id ?? defaultVoice(language, settings.default_tts_voice);
  const speech = modelOfVoice(
    of("speech").filter(({ provider }) => provider === settings.tts_provider),
    voice,
  );
  for (const model of [image, video]) {
    assertAllowed(model, "aspect_ratio", {
      value: aspectRatioOf(platform),
      allowed: limitsOf(model).aspect_ratios,
    });
  }
  const durations = durationsOf(limitsOf(video));
  const shots = options.shots_per_scene ?? 1;
  const most = limitsOf(script).max_scenes ?? MOST_SCENES;
  const asked = scenes.length || options.scene_count;
  const target = options.target_length ?? project?.target_length ??
    (asked === undefined ? DEFAULT_TARGET_SECONDS : Math.min(600, asked * SECONDS_PER_SCENE));
  const sceneCount = asked ?? chooseSceneCount(target, { durations, shots, most });
  if (sceneCount > most) {
    throw new AppError(
      "MODEL_INPUT_INVALID",
      `Cannot write ${sceneCount} scenes with model "${script.id}": it takes at most ${most}`,
      { details: { field: "scene_count", model: script.id, limit: most } },
    );
  }
  return {
    platform,
    category: options.category ?? project?.category ?? "story",
    tone: options.tone ?? project?.tone ?? settings.default_tone,
    language,
    target_length: target,
    scene_count: sceneCount,
    shots_per_scene: shots,
    style: options.style ?? settings.default_image_style,
    voice_id: voice,
    character_count: characterCount,
    auto_confirm: options.auto_confirm ?? false,
    script_model: script.id,
    image_model: image.id,
    video_model: video.id,
    speech_model: speech.id,
    ...(options.music === undefined ? {} : {
      music: { url: options.music.url, sha256: null, gain_db: options.music.gain_db ?? null },
    }),
  };
}

/** A cast is only kept by models that draw after pictures. */
function chooseImageModel(
  models: readonly Model[],
  { asked, preferred, hasCast }: {
    readonly asked: string | undefined;
    readonly preferred: string | null;
    readonly hasCast: boolean;
  },
): Model {
  const chosen = chooseModel(models, { asked, preferred });
  const draws = (model: Model) => (limitsOf(model).max_references ?? 0) > 0;
  if (!hasCast || draws(chosen)) return chosen;
  const able = models.filter((model) => model.retired_at === null && draws(model))
    .sort((a, b) => a.price - b.price);
  if (asked === undefined && able[0] !== undefined) return able[0];
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot keep characters with model "${chosen.id}": it draws after no reference pictures`,
    { details: { field: "image_model", allowed: able.map(({ id }) => id) } },
  );
}
