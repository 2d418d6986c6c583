/**
 * What a production will be and cost, from what there is and what is asked for.
 *
 * @module
 */
import type { FilmPlan } from "../../../../shared/contract/film_operations.ts";
import { type ProductionHistory, readProductionHistory } from "../database/productions.ts";
import {
  readCatalogue,
  type ReadFor,
  readStudio,
  type Replay,
  type StudioContext,
} from "../database/studio_context.ts";
import { readScriptFallback } from "../env.ts";
import { fallbackFor } from "../plans/plan_script.ts";
import type { ProductionPayload } from "./payload.ts";
import type { ProductionRequest } from "./production_request.ts";
import { quoteFilm } from "./quote_film.ts";
import { resolveWish } from "./resolve_wish.ts";
import type { ProductionState } from "./state.ts";

/** Reads what a production is planned from. Errors: those of {@link readStudio}. */
export async function readForPlan(
  of: ReadFor,
  projectId: string | undefined,
): Promise<Replay | Context & { readonly balance: number; readonly replay: null }> {
  if (projectId === undefined) return await readCatalogue(of, "all");
  const context = await readStudio(of, "all", { projectId });
  if (context.replay !== null) return context;
  return { ...context, history: await readProductionHistory(of.client, projectId) };
}

/** Prices a production that was asked for before, as it would be now. */
export function quoteAgain(context: Context, payload: ProductionPayload): FilmPlan {
  return quoteFilm(stateOf(context), payload).plan;
}

/** What a project is made of, as far as there is one. */
export type Context = Pick<StudioContext, "settings" | "models"> & Partial<StudioContext> & {
  /** Absent: nothing has come before. */
  readonly history?: ProductionHistory;
};

/** What was planned. */
export interface ProductionPlan {
  /** What the job gets. */
  readonly payload: ProductionPayload;
  /** What it will be and cost. */
  readonly plan: FilmPlan;
}

/** Plans without asking what may be spent. Errors: `MODEL_*`, `PLAN_DOES_NOT_FIT`. */
export function planRequest(context: Context, request: ProductionRequest): ProductionPlan {
  const wish = resolveWish(context, request.options, {
    rewritesScenes: request.rewriteScenes === true,
  });
  const payload: ProductionPayload = {
    prompt: request.prompt ?? null,
    wish,
    fallback: fallbackFor(context.models, { of: wish.script_model, id: readScriptFallback() }),
    stop_at: request.stopAt,
    budget_credits: request.budgetCredits ?? null,
    quoted_credits: 0,
    ...(request.rewriteScenes === true ? { rewrite_scenes: true } : {}),
    ...(request.options.voice_id === undefined ? {} : { is_voice_asked: true }),
  };
  const { plan, clipCredits } = quoteFilm(stateOf(context), {
    ...payload,
    quoted_clip_credits: Infinity,
  });
  const quoted = { quoted_credits: plan.credits, quoted_clip_credits: clipCredits };
  return { payload: { ...payload, ...quoted }, plan };
}

function stateOf(context: Context): ProductionState {
  const { project = null, settings, models } = context;
  return {
    project,
    settings,
    models,
    scenes: context.scenes ?? [],
    characters: context.characters ?? [],
    frames: context.frames ?? [],
    images: context.images ?? [],
    audio_clips: context.audio_clips ?? [],
    video_clips: context.video_clips ?? [],
    films: context.films ?? [],
    under_way: [],
    children: [],
  };
}
