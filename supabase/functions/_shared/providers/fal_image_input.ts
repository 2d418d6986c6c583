/**
 * From our request to the input of a FLUX endpoint.
 * Source: the endpoint types of @fal-ai/client 1.10.1.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { ImageRequest } from "./render.ts";

/** Names fal has for shapes. The larger square: the other one is 512 × 512. */
const NAMED_SIZES: Readonly<Record<string, string>> = {
  "1:1": "square_hd",
  "4:3": "landscape_4_3",
  "16:9": "landscape_16_9",
  "3:4": "portrait_4_3",
  "9:16": "portrait_16_9",
};

/** Endpoints that take `aspect_ratio` instead of `image_size`, and the ratios they take. */
const RATIO_ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  "fal-ai/flux-pro/v1.1-ultra": [
    "21:9",
    "16:9",
    "4:3",
    "3:2",
    "1:1",
    "2:3",
    "3:4",
    "9:16",
    "9:21",
  ],
};

/** As many pixels as `landscape_16_9` has: what FLUX schnell is priced and tuned for. */
const PIXELS = 1024 * 576;

/** FLUX works on blocks; other sizes are rounded by the model anyway. */
const BLOCK = 32;

/** Beyond this a side is refused or drawn badly. */
const MAX_RATIO = 3;

/**
 * Makes the input of a submit. The request's options win over what we set.
 *
 * Errors: `MODEL_INPUT_INVALID` for an aspect ratio that is not two numbers, is over 3 to 1, or is not
 * one of the endpoint's; `details` is `{ endpoint, field, allowed? }`.
 */
export function falImageInput(request: ImageRequest): Record<string, unknown> {
  const { endpoint, prompt, aspectRatio, options } = request;
  const ratios = Object.hasOwn(RATIO_ENDPOINTS, endpoint) ? RATIO_ENDPOINTS[endpoint] : undefined;
  if (ratios !== undefined) {
    if (!ratios.includes(aspectRatio)) throw invalid(request, ratios);
    return { prompt, aspect_ratio: aspectRatio, num_images: 1, output_format: "jpeg", ...options };
  }
  return {
    prompt,
    image_size: imageSize(request),
    num_images: 1,
    // Smaller than png by a factor of ten, and what the next step, a video model, takes anyway.
    output_format: "jpeg",
    ...options,
  };
}

function imageSize(request: ImageRequest): string | { width: number; height: number } {
  const { aspectRatio } = request;
  const named = Object.hasOwn(NAMED_SIZES, aspectRatio) ? NAMED_SIZES[aspectRatio] : undefined;
  if (named !== undefined) return named;
  const parts = /^([1-9]\d?):([1-9]\d?)$/.exec(aspectRatio);
  if (parts === null) throw invalid(request, Object.keys(NAMED_SIZES));
  const ratio = Number(parts[1]) / Number(parts[2]);
  if (ratio > MAX_RATIO || ratio < 1 / MAX_RATIO) throw invalid(request, Object.keys(NAMED_SIZES));
  const blocks = (pixels: number) => Math.round(pixels / BLOCK) * BLOCK;
  return { width: blocks(Math.sqrt(PIXELS * ratio)), height: blocks(Math.sqrt(PIXELS / ratio)) };
}

function invalid({ endpoint, aspectRatio }: ImageRequest, allowed: readonly string[]): AppError {
  return new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot draw with model "${endpoint}": aspect_ratio: "${aspectRatio}" is not one of its values`,
    { details: { endpoint, field: "aspect_ratio", allowed } },
  );
}
