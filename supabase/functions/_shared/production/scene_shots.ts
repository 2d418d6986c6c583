/**
 * Shots that are their scenes themselves: nobody is cast, and one shot shows all of a scene. No writer is asked, and
 * what was made of the scene by a request of its own is the shot's.
 *
 * @module
 */
import type { FrameContext, StudioContext } from "../database/studio_context.ts";
import { aspectRatioOf, nearestAspectRatio } from "../prompts.ts";
import type { FilmContext } from "./film_context.ts";
import { TAIL_SECONDS } from "./fit.ts";
import { clipsOfScene } from "./shots.ts";
import { narrationOf } from "./want_narration.ts";

type Scene = StudioContext["scenes"][number];

/** A shot to add. */
export type NewFrame =
  & Pick<FrameContext, "scene_id" | "index" | "camera" | "action" | "video_prompt">
  & Pick<FrameContext, "character_ids" | "image_id" | "video_clip_id">;

/** Longest text of a shot that the columns take, in code points. */
const MOST_CHARS = 5000;

/** A clip this much shorter than its shot goes unnoticed. */
const TOLERANCE_SECONDS = 0.05;

/** The one shot that is the scene itself. `private.mark_stale_by_scene` keeps it so when the scene changes. */
export function sceneShot({ id, title, plot, text }: Scene): NewFrame {
  const cut = (words: string) => Array.from(words).slice(0, MOST_CHARS).join("");
  return {
    scene_id: id,
    index: 1,
    camera: "Slow, steady camera; natural motion",
    action: cut(`${title}. ${plot || text}`),
    video_prompt: cut(plot || text),
    character_ids: [],
    image_id: null,
    video_clip_id: null,
  };
}

/** The shots of all scenes that have none; null when somebody has to write them. */
export function sceneShots(film: FilmContext): NewFrame[] | null {
  const { state, wish, durations } = film;
  const shots = clipsOfScene(wish.target_length / state.scenes.length, {
    durations,
    shots: wish.shots_per_scene,
  });
  if (shots.length > 1 || wish.character_count > 0 || state.characters.length > 0) return null;
  return state.scenes
    .filter(({ id }) => !state.frames.some((frame) => frame.scene_id === id))
    .map((scene) => ({ ...sceneShot(scene), ...madeOf(film, scene) }));
}

/**
 * The scene's main picture and the newest clip from it, where they are of the film's shape, not stale, and the
 * clip is as long as it will be shown. What films made is found by its content instead.
 */
function madeOf(
  film: FilmContext,
  scene: Scene,
): Pick<NewFrame, "image_id" | "video_clip_id"> {
  const { state: { images, video_clips, scenes }, wish } = film;
  const shape = aspectRatioOf(wish.platform);
  const picture = images.find((image) =>
    image.scene_id === scene.id && image.is_main && isOwn(image) &&
    (image.width === null || image.height === null ||
      nearestAspectRatio(image.width / image.height) === shape)
  );
  if (picture === undefined) return { image_id: null, video_clip_id: null };
  const spoken = narrationOf(film, scene)?.duration_sec ?? null;
  const seconds = Math.max(
    wish.target_length / scenes.length,
    spoken === null ? 0 : spoken + TAIL_SECONDS,
  );
  const clip = video_clips.find((one) =>
    one.image_id === picture.id && one.aspect_ratio === shape && isOwn(one) &&
    one.duration_sec >= seconds - TOLERANCE_SECONDS
  );
  return { image_id: picture.id, video_clip_id: clip?.id ?? null };
}

function isOwn(
  { input_hash, stale_at }: Pick<StudioContext["images"][number], "input_hash" | "stale_at">,
): boolean {
  return input_hash === null && stale_at === null;
}
