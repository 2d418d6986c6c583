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
const IMAGE_FIELDS = ["first_frame_url", "image_url", "image_urls", "input_urls"] as const;

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
    ...imageInput(model, request),
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

function imageInput(
  model: KieModel,
  { endpoint, imageUrl }: VideoRequest,
): Record<string, unknown> {
  const name = IMAGE_FIELDS.find((candidate) => Object.hasOwn(model, candidate));
  if (name === undefined) throw invalid(endpoint, "image_url", "the model takes no picture");
  return { [name]: model[name]?.type === "array" ? [imageUrl] : imageUrl };
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
