/**
 * What a production does next, from all there is: a pure function, asked again whenever something ended.
 *
 * Nothing is remembered between steps. What is there and still made from the same inputs is not made again,
 * so the same function goes on after a crash, after a stop, and when a failed production is tried again.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { findModel, limitsOf } from "../catalogue.ts";
import { isErrorCode } from "../../../../shared/contract/errors.ts";
import { FILM_STAGES, type FilmStage, isJobEnded } from "../../../../shared/contract/statuses.ts";
import type { Json } from "../../../../shared/database.types.ts";
import { wantCast } from "./want_cast.ts";
import { type FilmContext, filmContext } from "./film_context.ts";
import { wantFilm } from "./want_film.ts";
import { wantNarration } from "./want_narration.ts";
import type { ProductionPayload } from "./payload.ts";
import { type NewFrame, withSceneShots } from "./scene_shots.ts";
import { durationsOf } from "./shots.ts";
import { wantClips, wantPictures } from "./want_shots.ts";
import { fitFrames, wantFrames } from "./want_frames.ts";
import type { ProductionState } from "./state.ts";
import { type ChildItem, Step } from "./step.ts";
import { planFilmScript, planScenes } from "./writing_plans.ts";

/** A shot to add, or one whose time in the film is known. */
export type FrameWrite = { readonly id: string; readonly duration_sec: number } | NewFrame;

/** One step. */
export interface Decision {
  /** What it works on, or waits for. */
  readonly stage: FilmStage | "confirmation";
  /** 0..1. */
  readonly progress: number;
  /** To be started now. */
  readonly items: readonly ChildItem[];
  /** To be written now. */
  readonly frames: readonly FrameWrite[];
  /** `again`: what was just written decides more, at once. `wait`: for a child or the user. */
  readonly then:
    | { readonly kind: "again" | "wait" }
    | { readonly kind: "done"; readonly result: Json }
    | { readonly kind: "fail"; readonly error: AppError };
}

/** Decides. Errors: those of the plans (a model that is gone, a reference picture that is missing). */
export function decide(state: ProductionState, payload: ProductionPayload): Decision {
  const step = new Step(state.children, state.under_way);
  const reaches = (stage: FilmStage) =>
    FILM_STAGES.indexOf(payload.stop_at) >= FILM_STAGES.indexOf(stage);
  const leave = (stage: Decision["stage"], frames: readonly FrameWrite[] = []): Decision =>
    end(step, { stage, frames, children: state.children });
  const done = (stage: FilmStage, result: Record<string, Json> = {}): Decision => ({
    stage,
    progress: 1,
    items: [],
    frames: [],
    then: {
      kind: "done",
      result: { project_id: state.project?.id ?? null, stopped_at: stage, ...result },
    },
  });

  const writing = {
    payload,
    model: findModel(state.models, payload.wish.script_model),
    durations: durationsOf(limitsOf(findModel(state.models, payload.wish.video_model))),
  };
  if (state.project === null) {
    if (payload.prompt === null) {
      throw new AppError("NOT_FOUND", "Cannot go on: the project is gone");
    }
    if (step.want("script", 1, () => planFilmScript(writing)) === "made") {
      throw new AppError("NOT_FOUND", "Cannot go on: the project is gone");
    }
    step.count(expectedWeight(payload), false);
    return leave("script");
  }
  const { project } = state;
  if (!reaches("scenes")) return done("script");
  if (state.scenes.length === 0 || payload.rewrite_scenes === true) {
    const plan = () => planScenes(writing, { ...state, project });
    if (step.want("scenes", 1, plan) !== "made") return leave("scenes");
  }
  if (!reaches("characters")) return done("scenes");

  const film: FilmContext = filmContext(state, payload, project);
  // Narration needs the scenes alone: it is spoken while the cast is written.
  const isSpoken = reaches("audio") && wantNarration(step, film);
  // Before anybody is drawn or asked for their word: narration that does not fit ends the film here.
  if (isSpoken && reaches("images")) fitFrames(withSceneShots(film));
  const cast = wantCast(step, film, { writing, draws: isSpoken || !reaches("images") });
  if (!reaches("frames")) {
    return cast === "writing" || cast === "drawing" ? leave("characters") : done("characters");
  }
  if (cast !== "ready") return leave(cast === "confirmation" ? "confirmation" : "characters");

  const frames = wantFrames(step, film, writing);
  if (frames === "under way") return leave("frames");
  if (frames !== "ready") return leave("frames", frames);
  if (!reaches("audio")) return done("frames");
  if (!isSpoken) return leave("audio");
  if (!reaches("images")) return done("audio");

  const fitted = fitFrames(film);
  if (fitted.writes.length > 0) return leave("audio", fitted.writes);
  const pictures = wantPictures(step, film);
  if (!reaches("videos")) return pictures.isWhole ? done("images") : leave("images");
  const clips = wantClips(step, film, { pictures: pictures.byFrame, fitted: fitted.shots });
  if (!pictures.isWhole) return leave("images");
  if (!clips.isWhole) return leave("videos");
  if (!reaches("film")) return done("videos");
  const made = wantFilm(step, film, clips.byFrame);
  return made === null ? leave("film") : done("film", { film_id: made.id, url: made.url });
}

/** Weights of what comes after the script, as far as the wish tells. */
function expectedWeight({ wish }: ProductionPayload): number {
  const shots = wish.scene_count * wish.shots_per_scene;
  return wish.scene_count + wish.character_count + shots * 8 + 1;
}

/** Ends a step: with what it starts, what it waits for, or what went wrong once nothing is under way. */
function end(
  step: Step,
  { stage, frames, children }: {
    readonly stage: Decision["stage"];
    readonly frames: readonly FrameWrite[];
    readonly children: ProductionState["children"];
  },
): Decision {
  const { items, failures, progress } = step;
  const isBusy = items.length > 0 || step.isWaiting ||
    children.some(({ state }) => !isJobEnded(state));
  const [failure] = failures;
  if (failure !== undefined && !isBusy) {
    return {
      stage,
      progress,
      items,
      frames: [],
      then: { kind: "fail", error: failureOf(failure) },
    };
  }
  return { stage, progress, items, frames, then: { kind: frames.length > 0 ? "again" : "wait" } };
}

function failureOf({ child_key, error }: ProductionState["children"][number]): AppError {
  const code = error !== null && isErrorCode(error.code) ? error.code : "INTERNAL";
  return new AppError(code, `${error?.message ?? "It ended without a reason"} (${child_key})`, {
    details: error?.details,
  });
}
