/**
 * From our request to a KIE model's own input: every model names the picture's field, types its duration
 * and lists its shapes in its own way, and the differences are data ({@link KIE_MODELS}).
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { KIE_MODELS, type KieField, type KieModel } from "./kie_models.ts";
import type { VideoRequest } from "./render.ts";

/** Where a model takes the first frame. A model with several of these takes it in the first. */
const FIRST_FIELDS = [
  "first_frame_url",
  "first_frame_image_url",
  "image_url",
  "image_urls",
  "input_urls",
] as const;

/** Where a model takes the last frame. */
const LAST_FIELDS = [
  "last_frame_url",
  "last_frame_image_url",
  "end_image_url",
  "tail_image_url",
] as const;

/**
 * Models that take both frames in the list of {@link FIRST_FIELDS}, the last one as its second item. Source:
 * docs.kie.ai/market/kling/kling-3-0 ("first and/or last frame images").
 */
const FRAME_LISTS: ReadonlySet<string> = new Set(["kling-3.0/video"]);

/**
 * What we always ask for, where a model has the field and takes one of the values: the size a price of the
 * catalogue stands for, and no sound: a film has its narration, and a model's own sound costs more.
 */
const ALWAYS: Readonly<Record<string, readonly (string | boolean)[]>> = {
  resolution: ["720p", "720P", "768P"],
  quality: ["720p"],
  mode: ["std"],
  sound: [false],
  audio: [false],
  generate_audio: [false],
  generate_audio_switch: [false],
};

/** Values with which a model follows the picture's shape. */
const FOLLOWS_PICTURE = ["adaptive", "auto"] as const;

/**
 * Makes the `input` object of a createTask request. Fields the model requires and our request does not
 * have get the documented default, or the value that asks for nothing: `false`, or no items.
 *
 * A model without a duration or an aspect ratio decides these itself; the request's are then left out.
 *
 * Errors: `MODEL_INPUT_INVALID` when the model is not known or does not take a value, with
 * `details: { endpoint, field, allowed? }`.
 *
 * ```ts
 * kieInput({ endpoint: "kling/v2-1-pro", prompt: "A fox", imageUrl, durationSeconds: 5, aspectRatio: "16:9" });
 * // { prompt: "A fox", image_url: imageUrl, duration: "5" }
 * ```
 */
export function kieInput(request: VideoRequest): Record<string, unknown> {
  const { endpoint } = request;
  const model = Object.hasOwn(KIE_MODELS, endpoint) ? KIE_MODELS[endpoint] : undefined;
  if (model === undefined) throw invalid(endpoint, "endpoint", "the model is not known");
  const input: Record<string, unknown> = {
    prompt: request.prompt,
    ...frameInput(model, request),
    ...alwaysInput(model),
    ...durationInput(model, request),
    ...aspectRatioInput(model, request),
    ...request.options,
  };
  for (const [name, field] of Object.entries(model)) {
    if (field.required && input[name] === undefined) {
      input[name] = neutralValue(endpoint, name, field);
    }
  }
  for (const [name, value] of Object.entries(input)) {
    const field = Object.hasOwn(model, name) ? model[name] : undefined;
    if (field === undefined) throw invalid(endpoint, name, "the model has no such field");
    assertTakes(endpoint, { name, field, value });
  }
  return input;
}

/**
 * Tells whether a model takes a last frame: it `may` be given one, it `must`, or it has no place for one
 * (`no`). A model that is not known has none.
 */
export function kieLastFrame(endpoint: string): "no" | "may" | "must" {
  const model = Object.hasOwn(KIE_MODELS, endpoint) ? KIE_MODELS[endpoint] : undefined;
  const name = LAST_FIELDS.find((candidate) => model !== undefined && candidate in model);
  if (name === undefined) return FRAME_LISTS.has(endpoint) ? "may" : "no";
  return model?.[name]?.required === true ? "must" : "may";
}

function frameInput(model: KieModel, request: VideoRequest): Record<string, unknown> {
  const { endpoint, imageUrl, lastImageUrl } = request;
  const first = FIRST_FIELDS.find((name) => Object.hasOwn(model, name));
  if (first === undefined) throw invalid(endpoint, "image_url", "the model takes no picture");
  const isList = model[first]?.type === "array";
  if (lastImageUrl === undefined) return { [first]: isList ? [imageUrl] : imageUrl };
  if (FRAME_LISTS.has(endpoint)) return { [first]: [imageUrl, lastImageUrl] };
  const last = LAST_FIELDS.find((name) => Object.hasOwn(model, name));
  if (last === undefined) throw invalid(endpoint, "last_image", "the model takes no last frame");
  return { [first]: isList ? [imageUrl] : imageUrl, [last]: lastImageUrl };
}

function alwaysInput(model: KieModel): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ALWAYS).flatMap(([name, wishes]) => {
      const field = Object.hasOwn(model, name) ? model[name] : undefined;
      const value = field &&
        wishes.find((wish) =>
          hasType(wish, field) && (field.values?.some((allowed) => allowed === wish) ?? true)
        );
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function durationInput(model: KieModel, request: VideoRequest): Record<string, unknown> {
  const field = model.duration;
  if (field === undefined) return {};
  const { durationSeconds, endpoint } = request;
  if (!Number.isInteger(durationSeconds) || durationSeconds < 1) {
    throw invalid(endpoint, "duration", `"${durationSeconds}" is not a whole number of seconds`);
  }
  return { duration: field.type === "string" ? String(durationSeconds) : durationSeconds };
}

function aspectRatioInput(model: KieModel, request: VideoRequest): Record<string, unknown> {
  const values = model.aspect_ratio?.values;
  if (values === undefined) return {};
  if (values.includes(request.aspectRatio)) return { aspect_ratio: request.aspectRatio };
  const follows = FOLLOWS_PICTURE.find((value) => values.includes(value));
  return { aspect_ratio: follows ?? request.aspectRatio };
}

function neutralValue(endpoint: string, name: string, field: KieField): unknown {
  if (field.default !== undefined) return field.default;
  if (field.type === "boolean") return false;
  if (field.type === "array") return [];
  throw invalid(endpoint, name, "the model requires it");
}

function assertTakes(
  endpoint: string,
  { name, field, value }: {
    readonly name: string;
    readonly field: KieField;
    readonly value: unknown;
  },
): void {
  if (!hasType(value, field)) throw invalid(endpoint, name, `it must be of type ${field.type}`);
  if (field.values && !field.values.some((allowed) => allowed === value)) {
    throw invalid(endpoint, name, `"${value}" is not one of its values`, field.values);
  }
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = field;
    if (value < minimum || value > maximum) {
      throw invalid(endpoint, name, `${value} is not within its limits`, { minimum, maximum });
    }
  }
  if (typeof value === "string") {
    const { minLength = 0, maxLength = Infinity } = field;
    // Code points, as JSON Schema counts.
    const length = [...value].length;
    if (length < minLength || length > maxLength) {
      throw invalid(endpoint, name, `its length of ${length} is not within limits`, {
        ...(minLength > 0 ? { min_length: minLength } : {}),
        ...(maxLength < Infinity ? { max_length: maxLength } : {}),
      });
    }
  }
  if (Array.isArray(value) && value.length > (field.maxItems ?? Infinity)) {
    throw invalid(endpoint, name, `${value.length} items are too many`, {
      max_items: field.maxItems,
    });
  }
}

function hasType(value: unknown, { type }: KieField): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
}

function invalid(endpoint: string, field: string, reason: string, allowed?: unknown): AppError {
  return new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot render with model "${endpoint}": ${field}: ${reason}`,
    { details: { endpoint, field, ...(allowed === undefined ? {} : { allowed }) } },
  );
}
