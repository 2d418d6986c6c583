/**
 * Films that would fit into what may be spent.
 *
 * @module
 */
import type { z } from "zod";
import type { filmOptions, FilmPlan } from "../../../../shared/contract/film_operations.ts";
import { AppError } from "../app_error.ts";

type Options = z.output<typeof filmOptions>;

/** One way to make it cheaper. */
export interface CheaperPlan {
  /** What to change in the request's options. */
  readonly options: Options;
  /** What it would cost, in credits. */
  readonly credits: number;
  /** How long it would be, in seconds. */
  readonly target_length: number;
}

/** Shares of the asked length, the longest first. */
const SHARES = [0.75, 0.5, 0.33];

/** Shorter is no film. */
const SHORTEST_SECONDS = 5;

/**
 * Tries one change at a time, and the cheapest model with a shorter film at last. Gives those that cost at
 * most `limit`: fewer shots, another model, a shorter film, in this order.
 */
export function cheaperPlans(
  options: Options,
  { limit, models, plan }: {
    /** Credits. */
    readonly limit: number;
    /** Models of clips, the cheapest first. */
    readonly models: readonly string[];
    /** Plans with other options. */
    readonly plan: (options: Options) => FilmPlan;
  },
): CheaperPlan[] {
  const price = (change: Options): CheaperPlan[] => {
    try {
      const { credits, target_length, scene_count } = plan({ ...options, ...change });
      // Laid over the options of the request, where a number of scenes that is not said would stay.
      const said = options.scene_count === undefined ? change : { ...change, scene_count };
      return credits <= limit ? [{ options: said, credits, target_length }] : [];
    } catch (error) {
      // A model that has not this shape or length is no choice.
      if (error instanceof AppError) return [];
      throw error;
    }
  };
  const { target_length: asked } = plan(options);
  const lengths = SHARES.map((share) => Math.max(SHORTEST_SECONDS, Math.round(asked * share)))
    .filter((seconds) => seconds < asked);
  const shorter = lengths.map((target_length) => ({ target_length, scene_count: undefined }));
  return [
    ...((options.shots_per_scene ?? 1) > 1 ? price({ shots_per_scene: 1 }) : []),
    ...models.flatMap((video_model) => price({ video_model })).slice(0, 1),
    ...shorter.flatMap((change) => price(change)).slice(0, 2),
    ...models.flatMap((video_model) =>
      shorter.flatMap((change) => price({ ...change, video_model })).slice(0, 1)
    ).slice(0, 1),
  ];
}
