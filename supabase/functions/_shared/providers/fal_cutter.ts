/**
 * Films by fal: `merge-videos` of its ffmpeg-api, which takes clips of any size and rate.
 *
 * Rejected: `compose`, whose tracks have times of their own and would do the trimming and the narration too,
 * because nothing fal publishes says what it makes of clips of different sizes, how large its film is, or
 * whether it keeps the clips' sound; `merge-audio-video` after it, because a second paid call can't be made
 * under one attempt, and the narration's packets can be copied into the result without it.
 *
 * Source: the endpoint types of @fal-ai/client 1.10.1; fal.ai/models/fal-ai/ffmpeg-api/merge-videos/llms.txt.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { createFalRenderer, type FalRenderer } from "./fal_render.ts";
import type { FalConfig } from "./fal_queue.ts";
import type { JoinRequest } from "./film_cutter.ts";

/** The endpoint's name. */
export const FAL_JOIN_ENDPOINT = "fal-ai/ffmpeg-api/merge-videos";

/** Width and height must be between these. */
const SIDE_PIXELS = { min: 512, max: 2048 };

const Output = z.looseObject({ video: z.looseObject({ url: z.url({ protocol: /^https?$/ }) }) });

/**
 * Makes the cutter; see `createFalRenderer`. The film's rate is the lowest of its clips', as fal does without a
 * `target_fps`.
 */
export function createFalCutter(config: FalConfig): FalRenderer<JoinRequest> {
  return createFalRenderer(config, {
    action: "join the clips",
    input: ({ clipUrls, width, height }) => {
      if (clipUrls.length < 2) {
        throw new AppError("MODEL_INPUT_INVALID", "Cannot join fewer than two clips at fal");
      }
      return { video_urls: clipUrls, resolution: { width, height } };
    },
    read: (output) => ({ state: "succeeded", resultUrl: Output.parse(output).video.url }),
  });
}

/**
 * Gives the size of a film that shall look like a clip: the clip's, made larger or smaller where fal does not
 * take it, with even sides.
 */
export function falFilmSize(clip: { readonly width: number; readonly height: number }): {
  readonly width: number;
  readonly height: number;
} {
  const { min, max } = SIDE_PIXELS;
  const grow = Math.max(1, min / Math.min(clip.width, clip.height));
  const scale = Math.min(grow, max / Math.max(clip.width, clip.height));
  const side = (pixels: number) => Math.min(max, Math.max(min, Math.round(pixels * scale / 2) * 2));
  return { width: side(clip.width), height: side(clip.height) };
}
