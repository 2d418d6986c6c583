/**
 * The image-to-video endpoints of the simulated fal, by their documented types. Unknown fields are ignored,
 * as FastAPI does. Source: the endpoint types of @fal-ai/client 1.10.1; fal.ai/models, October 2026.
 *
 * @module
 */
import { z } from "zod";
import { type FalWork, type Judge, judge } from "./fal_judge.ts";

const Prompt = z.string().min(1);
const FileUrl = z.url({ protocol: /^https?$/ });
const Seed = z.int().min(0).nullish();

/** `"3"` to `"15"` and the like. */
function texts(first: number, last: number): z.ZodEnum<Record<string, string>> {
  return z.enum(Array.from({ length: last - first + 1 }, (_, at) => String(first + at)));
}

const Kling25 = z.object({
  prompt: Prompt.max(2500),
  image_url: FileUrl,
  tail_image_url: FileUrl.nullish(),
  duration: z.enum(["5", "10"]).default("5"),
  negative_prompt: z.string().max(2500).optional(),
  cfg_scale: z.number().min(0).max(1).optional(),
});

const Kling3 = z.object({
  prompt: Prompt.max(2500),
  start_image_url: FileUrl,
  end_image_url: FileUrl.nullish(),
  duration: texts(3, 15).default("5"),
  generate_audio: z.boolean().default(true),
  negative_prompt: z.string().max(2500).optional(),
  cfg_scale: z.number().min(0).max(1).optional(),
});

const Wan25 = z.object({
  prompt: Prompt.max(800),
  image_url: FileUrl,
  audio_url: FileUrl.nullish(),
  duration: z.enum(["5", "10"]).default("5"),
  resolution: z.enum(["480p", "720p", "1080p"]).default("1080p"),
  negative_prompt: z.string().max(500).optional(),
  enable_prompt_expansion: z.boolean().optional(),
  enable_safety_checker: z.boolean().optional(),
  seed: Seed,
});

const Veo31 = z.object({
  prompt: Prompt,
  image_url: FileUrl,
  aspect_ratio: z.enum(["auto", "16:9", "9:16"]).default("auto"),
  duration: z.enum(["4s", "6s", "8s"]).default("8s"),
  resolution: z.enum(["720p", "1080p"]).default("720p"),
  generate_audio: z.boolean().default(true),
  negative_prompt: z.string().optional(),
  safety_tolerance: z.enum(["1", "2", "3", "4", "5", "6"]).optional(),
  auto_fix: z.boolean().optional(),
  seed: Seed,
});

const Veo31Frames = Veo31.omit({ image_url: true }).extend({
  first_frame_url: FileUrl,
  last_frame_url: FileUrl,
});

const Ltx2 = z.object({
  prompt: Prompt,
  image_url: FileUrl,
  duration: z.literal([6, 8, 10]).default(6),
  resolution: z.enum(["1080p", "1440p", "2160p"]).default("1080p"),
  fps: z.literal([25, 50]).default(25),
  generate_audio: z.boolean().default(true),
});

const Seedance2 = z.object({
  prompt: Prompt,
  image_url: FileUrl,
  end_image_url: FileUrl.nullish(),
  aspect_ratio: z.enum(["auto", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"]).default("auto"),
  duration: z.union([z.literal("auto"), texts(4, 15)]).default("auto"),
  resolution: z.enum(["480p", "720p"]).default("720p"),
  generate_audio: z.boolean().default(true),
  seed: Seed,
});

/** What Seedance picks when it may. */
const AUTO_SECONDS = 5;

/** By endpoint. */
export const FAL_VIDEO_ENDPOINTS: Readonly<Record<string, Judge>> = {
  "fal-ai/kling-video/v2.5-turbo/pro/image-to-video": judge(
    Kling25,
    (input) => clip({ ...input, last_url: input.tail_image_url }),
  ),
  "fal-ai/kling-video/v3/pro/image-to-video": judge(
    Kling3,
    (input) => clip({ ...input, image_url: input.start_image_url, last_url: input.end_image_url }),
  ),
  "fal-ai/wan-25-preview/image-to-video": judge(
    Wan25,
    (input) => clip(input, { seed: seedOf(input), actual_prompt: input.prompt }),
  ),
  "fal-ai/veo3.1/image-to-video": judge(Veo31, (input) => clip(input)),
  "fal-ai/veo3.1/first-last-frame-to-video": judge(
    Veo31Frames,
    (input) => clip({ ...input, image_url: input.first_frame_url, last_url: input.last_frame_url }),
  ),
  "fal-ai/ltx-2/image-to-video": judge(Ltx2, (input) => clip(input)),
  "bytedance/seedance-2.0/image-to-video": judge(
    Seedance2,
    (input) => clip({ ...input, last_url: input.end_image_url }, { seed: seedOf(input) }),
  ),
};

function clip(input: {
  readonly prompt: string;
  readonly image_url: string;
  readonly last_url?: string | null | undefined;
  readonly duration: string | number;
  readonly aspect_ratio?: string;
}, output: Readonly<Record<string, unknown>> = {}): FalWork {
  const seconds = Number.parseInt(String(input.duration));
  return {
    kind: "video",
    prompt: input.prompt,
    imageUrl: input.image_url,
    lastImageUrl: input.last_url ?? undefined,
    durationSeconds: Number.isNaN(seconds) ? AUTO_SECONDS : seconds,
    aspectRatio: input.aspect_ratio === "auto" ? undefined : input.aspect_ratio,
    output,
  };
}

function seedOf({ seed }: { readonly seed?: number | null | undefined }): number {
  return seed ?? Math.floor(Math.random() * 2 ** 31);
}
