/**
 * The endpoints the simulated fal has: FLUX here, video models and ffmpeg in files of their own.
 * Source: the endpoint types of @fal-ai/client 1.10.1.
 *
 * @module
 */
import { z } from "zod";
import { type FalWork, type Judge, judge } from "./fal_judge.ts";
import { FAL_JOIN_ENDPOINTS } from "./fal_join.ts";
import { NAMED_SIZES } from "./fal_sizes.ts";
import { FAL_VIDEO_ENDPOINTS } from "./fal_video_endpoints.ts";

const RATIO_PIXELS = 1024 * 576;

const Prompt = z.string().min(1);
const Seed = z.int().min(0).nullish();

const Flux = z.object({
  prompt: Prompt,
  image_size: z.union([
    z.enum([
      "square_hd",
      "square",
      "portrait_4_3",
      "portrait_16_9",
      "landscape_4_3",
      "landscape_16_9",
    ]),
    z.object({ width: z.int().min(64).max(2048), height: z.int().min(64).max(2048) }),
  ]).default("landscape_4_3"),
  num_images: z.int().min(1).max(4).default(1),
  num_inference_steps: z.int().min(1).max(50).optional(),
  guidance_scale: z.number().min(1).max(20).optional(),
  seed: Seed,
  enable_safety_checker: z.boolean().optional(),
  output_format: z.enum(["jpeg", "png"]).default("jpeg"),
  sync_mode: z.boolean().optional(),
});

const FluxUltra = Flux.omit({ image_size: true }).extend({
  aspect_ratio: z.enum(["21:9", "16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "9:21"])
    .default("16:9"),
});

const ENDPOINTS: Readonly<Record<string, Judge>> = {
  "fal-ai/flux/schnell": judge(
    Flux.extend({ num_inference_steps: z.int().min(1).max(12).optional() }),
    fluxWork,
  ),
  "fal-ai/flux/dev": judge(Flux, fluxWork),
  "fal-ai/flux-pro/v1.1": judge(Flux, fluxWork),
  "fal-ai/flux-2": judge(Flux, fluxWork),
  "fal-ai/flux-2-pro": judge(Flux, fluxWork),
  "fal-ai/flux-pro/v1.1-ultra": judge(FluxUltra, ({ aspect_ratio, ...input }) => {
    const [across = 1, down = 1] = aspect_ratio.split(":").map(Number);
    const side = (ratio: number) => Math.round(Math.sqrt(RATIO_PIXELS * ratio) / 32) * 32;
    return fluxWork({
      ...input,
      image_size: { width: side(across / down), height: side(down / across) },
    });
  }),
  ...FAL_VIDEO_ENDPOINTS,
  ...FAL_JOIN_ENDPOINTS,
};

/** How an endpoint judges input: what is to be made, or the faults. Null for an unknown endpoint. */
export function findFalEndpoint(endpoint: string): Judge | null {
  return Object.hasOwn(ENDPOINTS, endpoint) ? ENDPOINTS[endpoint] ?? null : null;
}

function fluxWork(input: z.infer<typeof Flux>): FalWork {
  const [width = 1024, height = 768] = typeof input.image_size === "string"
    ? NAMED_SIZES[input.image_size] ?? []
    : [input.image_size.width, input.image_size.height];
  return {
    kind: "image",
    prompt: input.prompt,
    width,
    height,
    count: input.num_images,
    seed: input.seed ?? Math.floor(Math.random() * 2 ** 32),
    format: input.output_format,
  };
}
