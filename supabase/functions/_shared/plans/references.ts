/**
 * Reference pictures of a cast.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { assertAtMost, limitsOf, type Model } from "../catalogue.ts";
import type { StudioContext } from "../database/studio_context.ts";

/**
 * Public URLs of the cast's reference pictures, in its order. Nobody is drawn as a stranger: errors
 * `REFERENCE_MISSING`, and `MODEL_INPUT_INVALID` when the model takes fewer pictures than there are people.
 */
export function referencesOf(
  images: StudioContext["images"],
  cast: readonly Pick<StudioContext["characters"][number], "id" | "name" | "image_id">[],
  model: Model,
): string[] {
  assertAtMost(model, "characters", {
    count: cast.length,
    limit: limitsOf(model).max_references ?? 0,
  });
  return cast.map(({ id, name, image_id }) => {
    const url = images.find((image) => image.id === image_id)?.url;
    if (typeof url === "string") return url;
    throw new AppError(
      "REFERENCE_MISSING",
      `Cannot draw a shot with "${name}": there is no reference picture of them`,
      { details: { character_id: id } },
    );
  });
}
