/**
 * Who draws: a model that can keep a cast, where there is one.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { chooseModel, limitsOf, type Model } from "../catalogue.ts";

/**
 * A cast is only kept by models that draw after pictures: where nobody asked for another, the cheapest of them.
 * Errors: those of `chooseModel`; `MODEL_INPUT_INVALID` when the one asked for does not.
 */
export function chooseImageModel(
  models: readonly Model[],
  { asked, preferred, hasCast }: {
    readonly asked: string | undefined;
    readonly preferred: string | null;
    readonly hasCast: boolean;
  },
): Model {
  const chosen = chooseModel(models, { asked, preferred });
  if (!hasCast || drawsAfterPictures(chosen)) return chosen;
  const able = models.filter((model) => model.retired_at === null && drawsAfterPictures(model))
    .sort((a, b) => a.price - b.price);
  if (asked === undefined && able[0] !== undefined) return able[0];
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot keep characters with model "${chosen.id}": it draws after no reference pictures`,
    { details: { field: "image_model", allowed: able.map(({ id }) => id) } },
  );
}

/** Tells whether a model can draw somebody after a picture of them. */
export function drawsAfterPictures(model: Model): boolean {
  return (limitsOf(model).max_references ?? 0) > 0;
}
