/**
 * What a production is asked for, by whichever operation asks.
 *
 * @module
 */
import type { z } from "zod";
import type { FILM_OPERATIONS, filmOptions } from "../../../../shared/contract/film_operations.ts";
import type { FilmStage } from "../../../../shared/contract/statuses.ts";

/** The same for all of them. */
export interface ProductionRequest {
  /** The idea. Absent: the project is there. */
  readonly prompt?: string | undefined;
  /** The project. */
  readonly projectId?: string | undefined;
  /** As in the request. */
  readonly options: z.output<typeof filmOptions>;
  /** The last level. */
  readonly stopAt: FilmStage;
  /** Ceiling in credits. */
  readonly budgetCredits?: number | undefined;
  /** True: only the plan is wanted. */
  readonly isDryRun?: boolean;
  /** Writes scenes anew. */
  readonly rewriteScenes?: boolean;
}

type Of<Name extends keyof typeof FILM_OPERATIONS> = {
  readonly operation: Name;
  readonly body: z.output<(typeof FILM_OPERATIONS)[Name]["request"]>;
};

/** A request of one of the operations that start a production. */
export type FilmRequest =
  | Of<"make-film">
  | Of<"generate-characters">
  | Of<"generate-scenes">
  | Of<"generate-frames">;

/** Reads a request as the production it asks for. */
export function productionOf({ operation, body }: FilmRequest): ProductionRequest {
  switch (operation) {
    case "make-film":
      return {
        prompt: body.prompt,
        projectId: body.project_id,
        options: body.options,
        stopAt: body.stop_at,
        budgetCredits: body.budget_credits,
        isDryRun: body.dry_run,
      };
    case "generate-characters":
      return {
        projectId: body.project_id,
        options: {
          character_count: body.count,
          style: body.style,
          image_model: body.image_model,
        },
        stopAt: "characters",
      };
    case "generate-scenes":
      return {
        projectId: body.project_id,
        options: { scene_count: body.scene_count },
        stopAt: "scenes",
        rewriteScenes: body.rewrite,
      };
    case "generate-frames":
      return {
        projectId: body.project_id,
        options: { shots_per_scene: body.shots_per_scene },
        stopAt: "frames",
      };
  }
}
