/**
 * Pictures by fal: FLUX through the queue.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { falImageInput } from "./fal_image_input.ts";
import type { FalConfig } from "./fal_queue.ts";
import { createFalRenderer, type FalRenderer } from "./fal_render.ts";
import type { ImageRequest, RenderStatus } from "./render.ts";

const Output = z.looseObject({
  images: z.array(z.looseObject({ url: z.url({ protocol: /^https?$/ }) })).min(1),
  has_nsfw_concepts: z.array(z.boolean()).nullish(),
});

/** An image generator that can also call work off. */
export type FalImageGenerator = FalRenderer<ImageRequest>;

/**
 * Makes the image generator; see `createFalRenderer`. `status` gives `failed` with `CONTENT_REFUSED` also
 * for a picture that fal blackened as unsafe.
 */
export function createFalImage(config: FalConfig): FalImageGenerator {
  return createFalRenderer(config, {
    action: "draw the picture",
    input: falImageInput,
    read: readPicture,
  });
}

function readPicture(output: unknown): RenderStatus {
  const { images, has_nsfw_concepts } = Output.parse(output);
  if (has_nsfw_concepts?.[0] === true) {
    return {
      state: "failed",
      error: new AppError(
        "CONTENT_REFUSED",
        "Cannot draw the picture at fal: its safety checker blackened the result",
      ),
    };
  }
  return { state: "succeeded", resultUrl: images[0]?.url ?? "" };
}
