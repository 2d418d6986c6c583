/**
 * Whether a film may be begun: its plan against what its caller and its project may spend.
 *
 * @module
 */
import type { FilmPlan } from "../../../../shared/contract/film_operations.ts";
import { AppError } from "../app_error.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { cheaperPlans } from "./cheaper_plans.ts";
import type { Context } from "./plan_production.ts";
import type { ProductionRequest } from "./production_request.ts";
import { isFilmable } from "./resolve_wish.ts";

/**
 * Throws `BUDGET_EXCEEDED` or `INSUFFICIENT_CREDITS`, with cheaper plans that would fit, where there are any.
 * `planWith` plans the same request with other options.
 */
export function assertAffordable(
  context: Context & Pick<StudioContext, "balance">,
  request: ProductionRequest,
  { credits, planWith }: {
    readonly credits: number;
    readonly planWith: (options: ProductionRequest["options"]) => FilmPlan;
  },
): void {
  const budget = Math.min(
    request.budgetCredits ?? Number.POSITIVE_INFINITY,
    leftInProject(context),
  );
  const limit = Math.min(budget, context.balance);
  if (credits <= limit) return;
  const isBudget = limit === budget;
  const options = cheaperPlans(request.options, {
    limit,
    models: context.models
      .filter((model) => model.kind === "video" && model.retired_at === null && isFilmable(model))
      .sort((a, b) => a.price - b.price).slice(0, 3).map(({ id }) => id),
    plan: planWith,
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

/** What a project's budget leaves, in credits: `public.step_production` keeps it, here it is told before. */
function leftInProject({ project, history }: Context): number {
  const budget = project?.budget_credits ?? null;
  return budget === null ? Number.POSITIVE_INFINITY : budget - (history?.spent_credits ?? 0);
}
