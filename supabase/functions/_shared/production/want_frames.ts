/**
 * Shots: which there are, and how long each is shown.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { limitsOf } from "../catalogue.ts";
import { creditsFor } from "../plans/quote.ts";
import type { FrameWrite } from "./decide.ts";
import type { FilmContext } from "./film_context.ts";
import { type Fit, fitScenes, type FittedScene } from "./fit.ts";
import { sceneShots } from "./scene_shots.ts";
import { clipsOfScene } from "./shots.ts";
import { isBrought } from "./still_valid.ts";
import type { Step } from "./step.ts";
import { narrationOf } from "./want_narration.ts";
import { planFrames, type WritingContext } from "./writing_plans.ts";

/** Clips planned for one scene of the asked length, in seconds each. */
function plannedClips({ wish, state, durations }: FilmContext, shots: number): number[] {
  return clipsOfScene(wish.target_length / state.scenes.length, { durations, shots });
}

/**
 * Wants shots for each scene: one that is the scene itself needs no writer. Gives the shots to add, or
 * whether all are there.
 */
export function wantFrames(
  step: Step,
  film: FilmContext,
  writing: WritingContext,
): "ready" | "under way" | readonly FrameWrite[] {
  const { state, wish, project } = film;
  const bare = state.scenes.filter(({ id }) =>
    !state.frames.some((frame) => frame.scene_id === id)
  );
  if (bare.length === 0) return "ready";
  const shots = sceneShots(film);
  if (shots !== null) return shots;
  const count = plannedClips(film, wish.shots_per_scene).length;
  // Scenes that were added later are written in a call of their own.
  const written = step.want(
    `frames:${bare[0]?.id}`,
    1,
    () =>
      planFrames(writing, { ...state, project }, {
        shotCount: count,
        mostSeen: limitsOf(film.image).max_references,
      }),
  );
  step.count(bare.length * count * 8, false);
  if (written !== "made") return "under way";
  throw new AppError("PROVIDER_BAD_RESPONSE", "Cannot go on: a scene was left without shots");
}

/** A shot's place in the film. */
export interface FittedShot {
  /** What is bought, in seconds. */
  readonly clipSeconds: number;
  /** What is shown of it. */
  readonly shownSeconds: number;
}

/**
 * Fits the measured narration. `writes`: shots whose time changed, to be stored before anything is bought.
 * Errors: `PLAN_DOES_NOT_FIT` with the length that would.
 */
export function fitFrames(film: FilmContext): {
  readonly shots: ReadonlyMap<string, FittedShot>;
  readonly writes: readonly FrameWrite[];
  /** By scene: scenes that have no shots yet as they are planned. */
  readonly scenes: readonly FittedScene[];
} {
  const { state, wish, video, durations, payload } = film;
  const scenes = state.scenes.map((scene) => {
    const frames = state.frames.filter((frame) => frame.scene_id === scene.id);
    const planned = plannedClips(film, frames.length || wish.shots_per_scene);
    const brought = frames.map((frame) =>
      state.video_clips.find((clip) => clip.id === frame.video_clip_id && isBrought(clip, frame))
    );
    return {
      frames,
      narrationSeconds: narrationOf(film, scene)?.duration_sec ?? 0,
      clipSeconds: frames.length === 0
        ? planned
        : frames.map((_, at) =>
          brought[at]?.duration_sec ?? planned[at] ?? planned.at(-1) ?? durations[0] ?? 5
        ),
      isFixed: brought.map((clip) => clip !== undefined),
    };
  });
  const fit = fitScenes(scenes, { targetSeconds: wish.target_length, durations });
  if (!fit.fits) {
    throw misfit(film, fit);
  }
  const shots = new Map(
    scenes.flatMap(({ frames }, at) =>
      frames.map((frame, shot) => [frame.id, fit.scenes[at]?.shots[shot]] as const)
    ).flatMap(([id, shot]) => shot === undefined ? [] : [[id, shot] as const]),
  );
  const credits = (clips: readonly number[]) =>
    clips.reduce((sum, seconds) => sum + creditsFor(video.price, seconds), 0);
  const planned = credits(
    scenes.flatMap(({ clipSeconds, isFixed }) => clipSeconds.filter((_, at) => !isFixed[at])),
  );
  const needed = credits(
    fit.scenes.flatMap(({ shots }) =>
      shots.filter(({ isFixed }) => !isFixed).map(({ clipSeconds }) => clipSeconds)
    ),
  );
  const quoted = payload.quoted_clip_credits ?? planned;
  if (needed > quoted && payload.budget_credits === null) {
    throw new AppError(
      "PLAN_DOES_NOT_FIT",
      `Cannot fit the narration into the clips that were quoted: it takes ${needed - quoted} ` +
        "credits more; allow them by budget_credits, or shorten the scenes' texts",
      {
        details: {
          target_length: wish.target_length,
          quoted_credits: payload.quoted_credits,
          needed_credits: payload.quoted_credits + needed - quoted,
        },
      },
    );
  }
  const writes = state.frames.flatMap(({ id, duration_sec }) => {
    const shown = shots.get(id)?.shownSeconds;
    return shown === undefined || shown === duration_sec ? [] : [{ id, duration_sec: shown }];
  });
  return { shots, writes, scenes: fit.scenes };
}

/** Says what does not fit, and what would: `PLAN_DOES_NOT_FIT`. */
export function misfit(
  { wish, state }: FilmContext,
  { nearestSeconds, tooLong }: Extract<Fit, { fits: false }>,
): AppError {
  const scenes = tooLong.flatMap((at) => state.scenes[at]?.index ?? []);
  const way = tooLong.length > 0
    ? `the longest clips of all its shots are shorter than the narration of scene ${
      scenes.join(", ")
    }: shorten the text, add a shot, or choose a longer clip`
    : nearestSeconds === null
    ? "no length fits these shots: add or remove some"
    : `it fits into ${nearestSeconds} s, or change the scenes' texts`;
  return new AppError(
    "PLAN_DOES_NOT_FIT",
    `Cannot fit narration and shots into ${wish.target_length} s: ${way}`,
    {
      details: {
        target_length: wish.target_length,
        nearest_target_length: nearestSeconds,
        ...(scenes.length === 0 ? {} : { scenes }),
      },
    },
  );
}
