/**
 * Clips by fal: the image-to-video models of its queue.
 *
 * @module
 */
import { z } from "zod";
import type { FalConfig } from "./fal_queue.ts";
import { createFalRenderer, type FalRenderer } from "./fal_render.ts";
import { falVideoInput } from "./fal_video_input.ts";
import type { VideoRequest } from "./render.ts";

// Every image-to-video endpoint answers `{ video }`; some add a seed or the prompt they made of ours.
const Output = z.looseObject({ video: z.looseObject({ url: z.url({ protocol: /^https?$/ }) }) });

/**
 * Makes the video renderer; see `createFalRenderer`. The endpoints it knows are those of
 * `fal_video_input.ts`.
 *
 * ```ts
 * const fal = createFalVideo({ apiKey, queueUrl: "https://queue.fal.run", log });
 * const outcome = await fal.submit({
 *   endpoint: "fal-ai/veo3.1/image-to-video",
 *   prompt: "The fox looks up",
 *   imageUrl,
 *   durationSeconds: 8,
 *   aspectRatio: "16:9",
 * }, { callbackUrl });
 * ```
 */
export function createFalVideo(config: FalConfig): FalRenderer<VideoRequest> {
  return createFalRenderer(config, {
    action: "render the clip",
    input: falVideoInput,
    read: (output) => ({ state: "succeeded", resultUrl: Output.parse(output).video.url }),
  });
}
