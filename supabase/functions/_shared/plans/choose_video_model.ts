/**
 * Who renders clips.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { chooseModel, type Model } from "../catalogue.ts";
import { readRunwayModel } from "../env.ts";

/**
 * Chooses as `chooseModel`; where nobody named a model and the provider is Runway, the one of its models that
 * `RUNWAY_MODEL_ID` names: checked and priced as that model is.
 * Errors: those of `chooseModel`; `PROVIDER_NOT_CONFIGURED` when the catalogue does not offer the variable's.
 */
export function chooseVideoModel(models: readonly Model[], wish: {
  readonly asked: string | undefined;
  readonly preferred: string | null;
  readonly provider: string;
}): Model {
  const endpoint = wish.provider === "runway" ? readRunwayModel() : undefined;
  const chosen = chooseModel(models, { ...wish, endpoint });
  const isNamed = wish.asked !== undefined || chosen.id === wish.preferred;
  if (endpoint === undefined || isNamed || chosen.endpoint === endpoint) return chosen;
  const offered = models.filter(({ provider, retired_at }) =>
    provider === "runway" && retired_at === null
  );
  throw new AppError(
    "PROVIDER_NOT_CONFIGURED",
    `Cannot choose a model of runway: RUNWAY_MODEL_ID is "${endpoint}", which is not in the catalogue`,
    {
      details: {
        provider: "runway",
        variables: ["RUNWAY_MODEL_ID"],
        allowed: offered.map((model) => model.endpoint),
      },
      hint: "Name a model in the request or the settings, or set RUNWAY_MODEL_ID to one of them",
    },
  );
}
