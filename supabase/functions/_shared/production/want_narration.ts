/**
 * Narration of every scene.
 *
 * @module
 */
import type { StudioContext } from "../database/studio_context.ts";
import { planNarration } from "./asset_plans.ts";
import type { FilmContext } from "./film_context.ts";
import { isStillValid } from "./still_valid.ts";
import type { Step } from "./step.ts";

/** The narration of a scene as it is now, if it was spoken as films take it. */
export function narrationOf(
  film: FilmContext,
  scene: StudioContext["scenes"][number],
): StudioContext["audio_clips"][number] | undefined {
  const { hash } = planNarration(film, scene);
  const { wish, payload } = film;
  return film.state.audio_clips.find((clip) =>
    clip.scene_id === scene.id && clip.format === "mp3" && isStillValid(clip, hash) &&
    (payload.is_voice_asked !== true || clip.voice_id === wish.voice_id)
  );
}

/** Wants each scene spoken. True: all are. */
export function wantNarration(step: Step, film: FilmContext): boolean {
  let isWhole = true;
  for (const scene of film.state.scenes) {
    const { job, hash } = planNarration(film, scene);
    if (narrationOf(film, scene) !== undefined) {
      step.count(1, true);
      continue;
    }
    isWhole = false;
    step.want(`audio:${scene.id}:${hash.slice(0, 16)}`, 1, () => job);
  }
  return isWhole;
}
