/**
 * What the parts of a film are planned from.
 *
 * @module
 */
import { findModel, limitsOf } from "../catalogue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { durationsOf } from "./shots.ts";
import type { PlanContext } from "./asset_plans.ts";
import type { ProductionPayload } from "./payload.ts";
import type { ProductionState } from "./state.ts";

/** State, wish and models in one. */
export interface FilmContext extends PlanContext {
  /** All there is. */
  readonly state: ProductionState;
  /** What is asked for. */
  readonly payload: ProductionPayload;
  /** The project, which is there. */
  readonly project: StudioContext["project"];
  /** Lengths of the clips' model, in seconds, shortest first. */
  readonly durations: readonly number[];
}

/** Finds the models of a wish. Errors: `MODEL_INPUT_INVALID` (unknown). */
export function filmContext(
  state: ProductionState,
  payload: ProductionPayload,
  project: StudioContext["project"],
): FilmContext {
  const { wish } = payload;
  const video = findModel(state.models, wish.video_model);
  return {
    state,
    payload,
    project,
    wish,
    image: findModel(state.models, wish.image_model),
    video,
    speech: findModel(state.models, wish.speech_model),
    durations: durationsOf(limitsOf(video)),
  };
}
