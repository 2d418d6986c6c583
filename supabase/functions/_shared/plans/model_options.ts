/**
 * Fields of a picture model's own input, checked against the catalogue before anything is charged.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { limitsOf, type Model } from "../catalogue.ts";

/** What `model_options` of a request may hold. */
type Options = Readonly<Record<string, number | undefined>>;

/** Beyond it providers refuse a seed, where the catalogue knows no other bound. */
const SEEDS = { min: 0, max: 2 ** 32 - 1 };

/**
 * Gives what the picture at a place (from 0) among its candidates is drawn with. Candidates of one seed would be
 * one picture several times: each has its own, and all can be had again.
 * Errors: `MODEL_INPUT_INVALID` for a name or a value that the model does not take; details list what it takes.
 */
export function optionsOf<Asked extends Options>(model: Model, asked: Asked, at: number): Asked {
  const { options } = limitsOf(model);
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined || options === undefined) continue;
    const range = Object.hasOwn(options, name) ? options[name] : undefined;
    if (range !== undefined && value >= range.min && value <= range.max) continue;
    throw new AppError(
      "MODEL_INPUT_INVALID",
      range === undefined
        ? `Cannot use ${name} with model "${model.id}": it takes ${Object.keys(options).join(", ")}`
        : `Cannot use ${name} ${value} with model "${model.id}": it takes ${range.min} to ${range.max}`,
      { details: { field: `model_options.${name}`, model: model.id, allowed: options } },
    );
  }
  const { seed } = asked;
  if (seed === undefined) return asked;
  const { min, max } = options?.["seed"] ?? SEEDS;
  return { ...asked, seed: min + (seed + at - min) % (max - min + 1) };
}
