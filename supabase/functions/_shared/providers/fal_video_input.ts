/**
 * From our request to the input of an image-to-video endpoint: every model names the picture's field and
 * writes its duration in its own way, and the differences are data.
 * Source: the endpoint types of @fal-ai/client 1.10.1; fal.ai/models, October 2026.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { VideoRequest } from "./render.ts";

/** What an endpoint takes. */
interface FalVideoModel {
  /** Where the first frame goes. */
  readonly imageField: "image_url" | "start_image_url" | "first_frame_url";
  /** Where the last frame goes; absent when the model takes none. */
  readonly lastField?: "tail_image_url" | "end_image_url" | "last_frame_url";
  /** True when the model refuses a request without a last frame. */
  readonly needsLast?: true;
  /** Whole seconds it renders. */
  readonly durations: readonly number[];
  /** How it writes them: `"5"`, `"8s"` or `6`. */
  readonly durationForm: "text" | "text_with_s" | "number";
  /** Values of `aspect_ratio`; absent when the model has no such field and follows the picture. */
  readonly aspectRatios?: readonly string[];
  /** Longest prompt; absent when none is documented. */
  readonly maxPromptChars?: number;
  /**
   * What we always ask for: the size a price of the catalogue stands for, and no sound: a film has its
   * narration, and a model's own sound doubles the price at Veo.
   */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** By endpoint. */
const MODELS: Readonly<Record<string, FalVideoModel>> = {
  "fal-ai/kling-video/v2.5-turbo/pro/image-to-video": {
    imageField: "image_url",
    lastField: "tail_image_url",
    durations: [5, 10],
    durationForm: "text",
    maxPromptChars: 2500,
    fixed: {},
  },
  "fal-ai/kling-video/v3/pro/image-to-video": {
    imageField: "start_image_url",
    lastField: "end_image_url",
    durations: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    durationForm: "text",
    maxPromptChars: 2500,
    fixed: { generate_audio: false },
  },
  "fal-ai/wan-25-preview/image-to-video": {
    imageField: "image_url",
    durations: [5, 10],
    durationForm: "text",
    maxPromptChars: 800,
    fixed: { resolution: "720p" },
  },
  "fal-ai/veo3.1/image-to-video": {
    imageField: "image_url",
    durations: [4, 6, 8],
    durationForm: "text_with_s",
    aspectRatios: ["16:9", "9:16"],
    fixed: { resolution: "720p", generate_audio: false },
  },
  "fal-ai/veo3.1/first-last-frame-to-video": {
    imageField: "first_frame_url",
    lastField: "last_frame_url",
    needsLast: true,
    durations: [4, 6, 8],
    durationForm: "text_with_s",
    aspectRatios: ["16:9", "9:16"],
    fixed: { resolution: "720p", generate_audio: false },
  },
  "fal-ai/ltx-2/image-to-video": {
    imageField: "image_url",
    durations: [6, 8, 10],
    durationForm: "number",
    fixed: { resolution: "1080p", generate_audio: false },
  },
  "bytedance/seedance-2.0/image-to-video": {
    imageField: "image_url",
    durations: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    durationForm: "text",
    aspectRatios: ["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"],
    fixed: { resolution: "720p", generate_audio: false },
  },
};

/**
 * Tells whether an endpoint takes a last frame: it `may` be given one, it `must`, or it has no place for one
 * (`no`). An endpoint that is not known has none.
 */
export function falLastFrame(endpoint: string): "no" | "may" | "must" {
  const model = Object.hasOwn(MODELS, endpoint) ? MODELS[endpoint] : undefined;
  return model?.lastField === undefined ? "no" : model.needsLast === true ? "must" : "may";
}

/**
 * Makes the input of a submit. The request's options win over what we set; fal itself judges them, when the
 * work starts.
 *
 * Errors: `MODEL_INPUT_INVALID` when the endpoint is not known or does not take the duration, the shape or
 * a prompt of that length; `details` is `{ endpoint, field, allowed? }`.
 *
 * ```ts
 * falVideoInput({ endpoint: "fal-ai/veo3.1/image-to-video", prompt, imageUrl, durationSeconds: 8, aspectRatio: "16:9" });
 * // { prompt, image_url: imageUrl, duration: "8s", aspect_ratio: "16:9", resolution: "720p", generate_audio: false }
 * ```
 */
export function falVideoInput(request: VideoRequest): Record<string, unknown> {
  const { endpoint, prompt, imageUrl, lastImageUrl, durationSeconds, aspectRatio } = request;
  const model = Object.hasOwn(MODELS, endpoint) ? MODELS[endpoint] : undefined;
  if (model === undefined) {
    throw invalid(endpoint, "endpoint", { value: endpoint, allowed: Object.keys(MODELS) });
  }
  if (!model.durations.includes(durationSeconds)) {
    throw invalid(endpoint, "duration", { value: durationSeconds, allowed: model.durations });
  }
  if (model.aspectRatios?.includes(aspectRatio) === false) {
    throw invalid(endpoint, "aspect_ratio", { value: aspectRatio, allowed: model.aspectRatios });
  }
  if (prompt.length > (model.maxPromptChars ?? Infinity)) {
    throw invalid(endpoint, "prompt", {
      value: `${prompt.length} characters`,
      allowed: { max_length: model.maxPromptChars },
    });
  }
  const { lastField } = model;
  if (lastImageUrl === undefined ? model.needsLast === true : lastField === undefined) {
    throw invalid(endpoint, "last_image", {
      value: lastImageUrl === undefined ? "no last frame" : "a last frame",
      allowed: lastField === undefined ? [] : [lastField],
    });
  }
  return {
    prompt,
    [model.imageField]: imageUrl,
    ...(lastField === undefined || lastImageUrl === undefined ? {} : { [lastField]: lastImageUrl }),
    duration: writeDuration(durationSeconds, model.durationForm),
    ...(model.aspectRatios === undefined ? {} : { aspect_ratio: aspectRatio }),
    ...model.fixed,
    ...request.options,
  };
}

function writeDuration(seconds: number, form: FalVideoModel["durationForm"]): string | number {
  switch (form) {
    case "number":
      return seconds;
    case "text":
      return String(seconds);
    case "text_with_s":
      return `${seconds}s`;
  }
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
