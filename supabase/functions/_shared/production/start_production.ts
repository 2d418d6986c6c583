/**
 * How a production begins: its plan, what the plan costs against what may be spent, and one job.
 *
 * @module
 */
import type { FilmPlan } from "../../../../shared/contract/film_operations.ts";
import type { OperationName } from "../../../../shared/contract/operations.ts";
import { assertAllowedContent } from "../allowed_content.ts";
import { AppError } from "../app_error.ts";
import {
  readCatalogue,
  type ReadFor,
  readStudio,
  type Replay,
  type StudioContext,
} from "../database/studio_context.ts";
import { type ProductionHistory, readProductionHistory } from "../database/productions.ts";
import { readProviderEnv, readScriptFallback } from "../env.ts";
import { createJobHandlers } from "../jobs/job_handlers.ts";
import { createJobServices } from "../jobs/job_services.ts";
import { IMAGE_GENERATORS, videoProvider } from "../jobs/renderers.ts";
import type { Log } from "../log.ts";
import { type OperationAnswer, type OperationCall, readFor } from "../operation.ts";
import type { ModerationRequest } from "../providers/moderation.ts";
import { createLanguageModel } from "../providers/language_models.ts";
import { creditsFor } from "../plans/quote.ts";
import { startJobs } from "../start_jobs.ts";
import { cheaperPlans } from "./cheaper_plans.ts";
import type { ProductionPayload, ProductionWish } from "./payload.ts";
import type { ProductionRequest } from "./production_request.ts";
import { quoteFilm } from "./quote_film.ts";
import { isFilmable, resolveWish } from "./resolve_wish.ts";
import type { ProductionState } from "./state.ts";

/** Long enough for a user to come back on Monday and confirm the cast. */
const DEADLINE_SECONDS = 7 * 24 * 3600;

/** What is known of a request before anything is charged. */
export interface PlannedProduction {
  /** What the job gets. */
  readonly payload: ProductionPayload;
  /** What it will be and cost. */
  readonly plan: FilmPlan;
  /** The caller's, in credits. */
  readonly balance: number;
  /** What people wrote and sent that providers will be shown: moderation looks at it. */
  readonly content: ModerationRequest;
}

/**
 * Plans a production. A dry run is told its price whether it can be paid or not. Errors: `NOT_FOUND`, `MODEL_*`,
 * `PLAN_DOES_NOT_FIT`; `BUDGET_EXCEEDED` and `INSUFFICIENT_CREDITS` with cheaper plans that would fit, where there
 * are any.
 */
export async function planProduction<Name extends OperationName>(
  call: OperationCall<Name>,
  operation: OperationName,
  request: ProductionRequest,
): Promise<Replay | PlannedProduction & { readonly replay: null }> {
  const of = readFor(call, operation);
  const context = await readForPlan(of, request.projectId);
  if (context.replay !== null) return context;
  const planned = planRequest(context, request);
  const content = contentOf(context, planned.payload);
  const { balance } = context;
  if (request.isDryRun === true) return { ...planned, balance, content, replay: null };
  const budget = Math.min(
    request.budgetCredits ?? Number.POSITIVE_INFINITY,
    leftInProject(context),
  );
  const limit = Math.min(budget, balance);
  if (planned.plan.credits > limit) {
    const isBudget = limit === budget;
    const { credits } = planned.plan;
    const options = cheaperPlans(request.options, {
      limit,
      models: context.models
        .filter((model) => model.kind === "video" && model.retired_at === null && isFilmable(model))
        .sort((a, b) => a.price - b.price).slice(0, 3).map(({ id }) => id),
      plan: (wished) => planRequest(context, { ...request, options: wished }).plan,
    });
    throw new AppError(
      isBudget ? "BUDGET_EXCEEDED" : "INSUFFICIENT_CREDITS",
      isBudget
        ? `Cannot make this film: it would cost ${credits} of ${limit} credits`
        : `Cannot charge ${credits} credits: the balance is ${limit}`,
      {
        details: {
          ...(isBudget
            ? { budget_credits: limit, would_cost: credits }
            : { price: credits, balance: limit }),
          options,
        },
        ...(options.length === 0 ? {} : { hint: "Take one of details.options" }),
      },
    );
  }
  return { ...planned, balance, content, replay: null };
}

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

/** What a project's budget leaves, in credits: `public.step_production` keeps it, here it is told before. */
function leftInProject({ project, history }: Context): number {
  const budget = project?.budget_credits ?? null;
  return budget === null ? Number.POSITIVE_INFINITY : budget - (history?.spent_credits ?? 0);
}

/** Prices a production that was asked for before, as it would be now. */
export function quoteAgain(context: Context, payload: ProductionPayload): FilmPlan {
  return quoteFilm(stateOf(context), payload);
}

/** What a project is made of, as far as there is one. */
export type Context = Pick<StudioContext, "settings" | "models"> & Partial<StudioContext> & {
  /** Absent: nothing has come before. */
  readonly history?: ProductionHistory;
};

/** Plans without asking what may be spent. Errors: `MODEL_*`, `PLAN_DOES_NOT_FIT`. */
export function planRequest(
  context: Context,
  request: ProductionRequest,
): { readonly payload: ProductionPayload; readonly plan: FilmPlan } {
  const wish = resolveWish(context, request.options, {
    rewritesScenes: request.rewriteScenes === true,
  });
  const payload: ProductionPayload = {
    prompt: request.prompt ?? null,
    wish,
    fallback: fallbackFor(context.models, wish),
    stop_at: request.stopAt,
    budget_credits: request.budgetCredits ?? null,
    quoted_credits: 0,
    ...(request.rewriteScenes === true ? { rewrite_scenes: true } : {}),
  };
  const plan = quoteFilm(stateOf(context), { ...payload, quoted_clip_credits: Infinity });
  const video = context.models.find(({ id }) => id === wish.video_model);
  const quoted_clip_credits = plan.shots.reduce(
    (sum, { clip_sec }) => sum + creditsFor(video?.price ?? 0, clip_sec),
    0,
  );
  return { payload: { ...payload, quoted_credits: plan.credits, quoted_clip_credits }, plan };
}

/** Begins what was planned: one click, one job; the rest is its own business. */
export async function startProduction<Name extends OperationName>(
  call: OperationCall<Name>,
  operation: OperationName & Name,
  { payload, plan, content, projectId }:
    & Pick<PlannedProduction, "payload" | "plan" | "content">
    & Pick<ProductionRequest, "projectId">,
): Promise<OperationAnswer> {
  assertConfigured(plan, call.log);
  await assertAllowedContent(content, { log: call.log });
  const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
  return await startJobs(call, operation, {
    jobs: [{
      kind: "production",
      project_id: projectId ?? null,
      model_id: null,
      units: 0,
      deadline_sec: DEADLINE_SECONDS,
      payload: JSON.parse(JSON.stringify(payload)),
      asset: null,
    }],
    answer: { jobs: "job", many: false, extra: JSON.parse(JSON.stringify({ plan })) },
    jobServices,
    handlers: createJobHandlers(jobServices),
  });
}

/** The idea, the style, whatever of the project its owner may have edited, and pictures of their own. */
function contentOf(
  { scenes = [], characters = [], frames = [], images = [] }: Context,
  { prompt, wish }: ProductionPayload,
): ModerationRequest {
  const used = new Set([...characters, ...frames].map(({ image_id }) => image_id));
  const uploads = images.filter(({ id, source }) => source === "uploaded" && used.has(id));
  const texts = [
    prompt ?? "",
    wish.style,
    ...scenes.flatMap(({ title, plot, text }) => [title, plot, text]),
    ...characters.flatMap(({ name, description }) => [name, description]),
    ...frames.flatMap(({ action, video_prompt }) => [action, video_prompt]),
  ].filter((text) => text !== "");
  return { texts, imageUrls: uploads.map(({ url }) => url ?? "") };
}

/** A provider without a key is told at once, not by a film that was half paid. */
function assertConfigured({ items }: FilmPlan, log: Log): void {
  for (const { kind, provider } of items) {
    if (kind === "audio") readProviderEnv("googleTts");
    else if (kind === "image") IMAGE_GENERATORS[provider]?.(log);
    else if (kind === "video") videoProvider(provider).create(log);
    else if (kind !== "film") createLanguageModel(provider, log);
  }
}

function fallbackFor(models: Context["models"], { script_model }: ProductionWish) {
  const id = readScriptFallback();
  const found = models.find((model) => model.id === id && model.retired_at === null);
  return found === undefined || found.id === script_model
    ? null
    : { provider: found.provider, endpoint: found.endpoint };
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
    children: [],
  };
}
