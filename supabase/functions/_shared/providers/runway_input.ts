/**
 * From our request to the body of Runway's image_to_video. Its shapes are sizes in pixels.
 * Source: types of @runwayml/sdk 4.20.1.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { VideoRequest } from "./render.ts";

/** What a model takes. Prompts are limited alike. */
interface RunwayModel {
  /** Whole seconds it renders. */
  readonly durations: readonly number[];
  /** `ratio` by aspect ratio. */
  readonly ratios: Readonly<Record<string, string>>;
  /** True when a second picture may be the last frame. */
  readonly takesLast?: true;
  /** What we always ask for. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** In UTF-16 code units, as `length` counts. */
const MAX_PROMPT_CHARS = 1000;

const GEN4: RunwayModel = {
  durations: [2, 3, 4, 5, 6, 7, 8, 9, 10],
  ratios: {
    "16:9": "1280:720",
    "9:16": "720:1280",
    "4:3": "1104:832",
    "3:4": "832:1104",
    "1:1": "960:960",
    // Runway's widest, 2.36 to 1, is within two per cent of 21:9.
    "21:9": "1584:672",
  },
  fixed: {},
};

const VEO: RunwayModel = {
  durations: [4, 6, 8],
  ratios: { "16:9": "1280:720", "9:16": "720:1280" },
  takesLast: true,
  // Sound doubles the price, and a film has its narration.
  fixed: { audio: false },
};

/** By the API's name of the model. */
const MODELS: Readonly<Record<string, RunwayModel>> = {
  "gen4.5": GEN4,
  "gen4_turbo": GEN4,
  "veo3.1": VEO,
  "veo3.1_fast": VEO,
};

/**
 * Tells whether a model takes a last frame: it `may` be given one, or it has no place for one (`no`). A model
 * that is not known has none.
 */
export function runwayLastFrame(endpoint: string): "no" | "may" {
  const model = Object.hasOwn(MODELS, endpoint) ? MODELS[endpoint] : undefined;
  return model?.takesLast === true ? "may" : "no";
}

/**
 * Makes the body of a create. The request's options win over what we set; Runway refuses names it does not
 * know.
 *
 * Errors: `MODEL_INPUT_INVALID` when the model is not known or does not take the duration, the shape or a
 * prompt of that length; `details` is `{ endpoint, field, allowed }`.
 *
 * ```ts
 * runwayInput({ endpoint: "gen4_turbo", prompt, imageUrl, durationSeconds: 5, aspectRatio: "16:9" });
 * // { model: "gen4_turbo", promptImage: imageUrl, promptText: prompt, ratio: "1280:720", duration: 5 }
 * ```
 */
export function runwayInput(request: VideoRequest): Record<string, unknown> {
  const { endpoint, prompt, imageUrl, lastImageUrl, durationSeconds, aspectRatio } = request;
  const model = Object.hasOwn(MODELS, endpoint) ? MODELS[endpoint] : undefined;
  if (model === undefined) {
    throw invalid(endpoint, "model", { value: endpoint, allowed: Object.keys(MODELS) });
  }
  if (!model.durations.includes(durationSeconds)) {
    throw invalid(endpoint, "duration", { value: durationSeconds, allowed: model.durations });
  }
  const ratio = Object.hasOwn(model.ratios, aspectRatio) ? model.ratios[aspectRatio] : undefined;
  if (ratio === undefined) {
    throw invalid(endpoint, "ratio", { value: aspectRatio, allowed: Object.keys(model.ratios) });
  }
  if (prompt.length > MAX_PROMPT_CHARS) {
    throw invalid(endpoint, "promptText", {
      value: `${prompt.length} characters`,
      allowed: { max_length: MAX_PROMPT_CHARS },
    });
  }
  if (lastImageUrl !== undefined && model.takesLast !== true) {
    throw invalid(endpoint, "promptImage", { value: "a last frame", allowed: ["first"] });
  }
  return {
    model: endpoint,
    promptImage: lastImageUrl === undefined
      ? imageUrl
      : [{ uri: imageUrl, position: "first" }, { uri: lastImageUrl, position: "last" }],
    promptText: prompt,
    ratio,
    duration: durationSeconds,
    ...model.fixed,
    ...request.options,
  };
}

function invalid(
  endpoint: string,
  field: string,
  { value, allowed }: { readonly value: string | number; readonly allowed: unknown },
): AppError {
  return new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot render with model "${endpoint}": ${field}: "${value}" is not one of its values`,
    { details: { endpoint, field, allowed } },
  );
}
