/**
 * From a request to a production's whole wish: every choice made and checked before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { filmOptions } from "../../../../shared/contract/film_operations.ts";
import { AppError } from "../app_error.ts";
import { assertAllowed, chooseModel, limitsOf, type Model } from "../catalogue.ts";
import type { ProductionHistory } from "../database/productions.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { chooseImageModel, drawsAfterPictures } from "../plans/choose_image_model.ts";
import { chooseVideoModel } from "../plans/choose_video_model.ts";
import { aspectRatioOf } from "../prompts.ts";
import { modelOfVoice } from "../voice_list.ts";
import { defaultVoice } from "../voices.ts";
import type { ProductionWish } from "./payload.ts";
import { chooseSceneCount, clipsOfScene, durationsOf } from "./shots.ts";

const DEFAULT_TARGET_SECONDS = 30;

/** A scene's length when only their number is said. */
const SECONDS_PER_SCENE = 8;

/** Scripts of more are refused by the columns. */
const MOST_SCENES = 30;

/** Shots of one scene that the columns take. */
const MOST_SHOTS = 20;

/** Tells whether a model renders a shot from its one picture. */
export function isFilmable(model: Model): boolean {
  return limitsOf(model).last_frame_required !== true;
}

/** What is known before there is a project. */
export type WishContext =
  & Pick<StudioContext, "settings" | "models">
  & Partial<
    Pick<StudioContext, "project" | "scenes" | "characters" | "images" | "video_clips">
  >
  & { readonly history?: Pick<ProductionHistory, "wish"> };

/**
 * Fills in the wish: from the request, the project, the wish before, the settings, the catalogue. Errors:
 * `MODEL_INPUT_INVALID` (a model that is unknown, that draws nobody by reference, or that has not the platform's
 * shape; too many scenes, or scenes of too many shots), `MODEL_RETIRED` (it was asked for).
 * `rewritesScenes`: those that are there will be replaced.
 */
export function resolveWish(
  context: WishContext,
  options: z.output<typeof filmOptions>,
  { rewritesScenes = false }: { readonly rewritesScenes?: boolean } = {},
): ProductionWish {
  const { settings, models, project, scenes = [], characters = [], history } = context;
  const of = (kind: string) => models.filter((model) => model.kind === kind);
  const platform = options.platform ?? project?.platform ?? "youtube";
  const language = options.language ?? project?.language ?? settings.default_language;
  // What the project has no column for is as it was last: another look would be another film to buy.
  const last = history?.wish ?? null;
  const characterCount = Math.max(
    options.character_count ?? (characters.length === 0 ? last?.character_count ?? 0 : 0),
    characters.length,
  );
  const script = chooseModel(of("script"), {
    asked: options.script_model,
    preferred: last?.script_model ?? settings.script_model,
  });
  const hasCast = characterCount > 0;
  const image = keptModel(context, { kind: "image", asked: options.image_model, hasCast }) ??
    chooseImageModel(of("image"), {
      asked: options.image_model,
      preferred: last?.image_model ?? settings.image_model,
      hasCast,
    });
  const videos = of("video").filter(isFilmable);
  const two = of("video").find((model) => model.id === options.video_model && !isFilmable(model));
  if (two !== undefined) {
    throw new AppError(
      "MODEL_INPUT_INVALID",
      `Cannot film with model "${two.id}": it needs a picture of the clip's end too`,
      { details: { field: "video_model", allowed: videos.map(({ id }) => id) } },
    );
  }
  const video = keptModel(context, { kind: "video", asked: options.video_model }) ??
    chooseVideoModel(videos, {
      asked: options.video_model,
      preferred: last?.video_model ?? settings.video_model,
      provider: settings.video_provider,
    });
  const voice = options.voice_id ??
    defaultVoice(language, last?.voice_id ?? settings.default_tts_voice);
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
  const shots = options.shots_per_scene ?? last?.shots_per_scene ?? 1;
  const most = limitsOf(script).max_scenes ?? MOST_SCENES;
  // Scenes that stay decide how many there are.
  const asked = (rewritesScenes ? options.scene_count : undefined) ??
    (scenes.length || options.scene_count);
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
  const shotCount = clipsOfScene(target / sceneCount, { durations, shots }).length;
  if (shotCount > MOST_SHOTS) {
    throw new AppError(
      "MODEL_INPUT_INVALID",
      `Cannot show ${target} s in ${sceneCount} scenes with model "${video.id}": a scene would have ` +
        `${shotCount} shots, and has at most ${MOST_SHOTS}`,
      { details: { field: "scene_count", model: video.id, limit: MOST_SHOTS } },
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
    style: options.style ?? last?.style ?? settings.default_image_style,
    voice_id: voice,
    character_count: characterCount,
    auto_confirm: options.auto_confirm ?? last?.auto_confirm ?? false,
    script_model: script.id,
    image_model: image.id,
    video_model: video.id,
    speech_model: speech.id,
    ...(options.music === undefined ? {} : {
      music: { url: options.music.url, sha256: null, gain_db: options.music.gain_db ?? null },
    }),
  };
}

/**
 * The model of the wish before, retired since, whose work the project has: with another in its place all of that
 * would be bought again. Whoever needs more of it is told what replaces it. Undefined: choose as ever.
 */
function keptModel(
  { models, history, images = [], video_clips = [] }: WishContext,
  { kind, asked, hasCast = false }: {
    readonly kind: "image" | "video";
    readonly asked: string | undefined;
    /** Whether it must draw after pictures. */
    readonly hasCast?: boolean;
  },
): Model | undefined {
  const id = history?.wish?.[`${kind}_model`];
  const isUsed = images.some(({ model }) => model === id) ||
    video_clips.some(({ model_id }) => model_id === id);
  if (asked !== undefined || !isUsed) return undefined;
  const kept = models.find((model) => model.id === id && model.retired_at !== null);
  return hasCast && kept !== undefined && !drawsAfterPictures(kept) ? undefined : kept;
}
