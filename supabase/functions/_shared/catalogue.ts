/**
 * Choosing a model and checking a request against it, before anything is charged.
 *
 * @module
 */
import type { Database } from "../../../shared/database.types.ts";
import { AppError } from "./app_error.ts";

/** A row of the catalogue. */
export type Model = Database["public"]["Tables"]["models"]["Row"];

/** What `models.limits` may hold. Absent: no limit is known. */
export interface ModelLimits {
  /** Whole seconds a clip may have. */
  readonly durations_sec?: readonly number[];
  /** Width to height, such as `16:9`. */
  readonly aspect_ratios?: readonly string[];
  /** Longest prompt. */
  readonly max_prompt_chars?: number;
  /** True when a clip may be told its last frame too. */
  readonly last_frame?: boolean;
  /** True when a clip must be told its last frame. */
  readonly last_frame_required?: boolean;
  /** Most pictures that a picture may be drawn after. Absent: none. */
  readonly max_references?: number;
  /** Fields of a picture model's own input that `model_options` may set, and from what to what. Others are refused. */
  readonly options?: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
  /** Most scenes of a script. */
  readonly max_scenes?: number;
  /** Most clips of a film. */
  readonly max_clips?: number;
  /** Longest film that can have music, in seconds. */
  readonly max_music_sec?: number;
  /** Families of voices it speaks with, as in their ids: `Neural2`. */
  readonly voice_families?: readonly string[];
  /** False: SSML is refused. */
  readonly takes_ssml?: boolean;
  /** False: pitch is refused. */
  readonly takes_pitch?: boolean;
  /** Longest text, in code points. */
  readonly max_chars?: number;
  /** Largest SSML, in bytes of UTF-8: it can't be cut into parts. */
  readonly max_ssml_bytes?: number;
}

/** The limits of a model. */
export function limitsOf(model: Model): ModelLimits {
  const limits: unknown = model.limits;
  return limits as ModelLimits;
}

/**
 * Chooses: what was asked for, else what the user prefers (if it is still offered), else of the preferred
 * provider's the one it calls `endpoint`, or the catalogue's default among them, else the default.
 *
 * Errors: `MODEL_INPUT_INVALID` (unknown; details list the choices), `MODEL_RETIRED` (details name the
 * replacement).
 */
export function chooseModel(models: readonly Model[], wish: {
  readonly asked?: string | undefined;
  readonly preferred?: string | null;
  readonly provider?: string | null;
  readonly endpoint?: string | undefined;
}): Model {
  const offered = models.filter((model) => model.retired_at === null);
  if (wish.asked !== undefined) {
    const found = models.find((model) => model.id === wish.asked);
    if (found === undefined) {
      throw new AppError("MODEL_INPUT_INVALID", `Cannot use model "${wish.asked}": it is unknown`, {
        details: { field: "model", allowed: offered.map((model) => model.id) },
      });
    }
    if (found.retired_at !== null) {
      throw new AppError(
        "MODEL_RETIRED",
        `Cannot use model "${found.id}": it is retired, use "${found.replaced_by}"`,
        { details: { model: found.id, replaced_by: found.replaced_by } },
      );
    }
    return found;
  }
  // Nobody who did not choose it gives a model a second picture.
  const plain = offered.filter((model) => limitsOf(model).last_frame_required !== true);
  const theirs = plain.filter((model) => model.provider === wish.provider);
  const chosen = plain.find((model) => model.id === wish.preferred) ??
    theirs.find((model) => model.endpoint === wish.endpoint) ??
    theirs.find((model) => model.is_default) ??
    theirs[0] ??
    plain.find((model) => model.is_default);
  if (chosen === undefined) throw new Error("The catalogue has no default model: run the seed");
  return chosen;
}

/**
 * Finds a row by its id, retired or not: what was made with a model stays when the model goes, and SQL refuses to
 * charge for it (`private.price`). Errors: `MODEL_INPUT_INVALID` (unknown).
 */
export function findModel(models: readonly Model[], id: string): Model {
  const model = models.find((candidate) => candidate.id === id);
  if (model !== undefined) return model;
  throw new AppError("MODEL_INPUT_INVALID", `Cannot use model "${id}": it is unknown`);
}

/** Checks one value against the values a model takes. Throws `MODEL_INPUT_INVALID` listing them. */
export function assertAllowed<Value extends string | number>(
  model: Model,
  field: string,
  { value, allowed }: { value: Value; allowed: readonly Value[] | undefined },
): void {
  if (allowed === undefined || allowed.includes(value)) return;
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot use ${field} "${value}" with model "${model.id}": it takes ${allowed.join(", ")}`,
    { details: { field, model: model.id, allowed } },
  );
}

/** Checks a text or list's length against a model. Throws `MODEL_INPUT_INVALID` with the limit. */
export function assertAtMost(
  model: Model,
  field: string,
  { count, limit }: { count: number; limit: number | undefined },
): void {
  if (limit === undefined || count <= limit) return;
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot use ${field} of ${count} with model "${model.id}": it takes at most ${limit}`,
    { details: { field, model: model.id, limit } },
  );
}
