/**
 * The endpoints the simulated fal has, and how it judges their input: as FastAPI does, with one item per
 * fault. Source: the endpoint types of @fal-ai/client 1.10.1; fal.ai/docs error reference.
 *
 * @module
 */
import { z } from "zod";

/** One item of a 422's `detail`. */
export interface FalFault {
  /** Where: `body`, then the field. */
  readonly loc: readonly (string | number)[];
  /** What, for people. */
  readonly msg: string;
  /** What, for programs: pydantic's and fal's own names. */
  readonly type: string;
  /** Where it is explained. */
  readonly url?: string;
  /** The limits. */
  readonly ctx?: Record<string, unknown>;
  /** What was given. */
  readonly input?: unknown;
}

/** What is to be made, once the input is judged. */
export type FalWork =
  | {
    readonly kind: "image";
    readonly prompt: string;
    readonly width: number;
    readonly height: number;
    readonly count: number;
    readonly seed: number;
    readonly format: "jpeg" | "png";
  }
  | {
    readonly kind: "video";
    readonly prompt: string;
    readonly imageUrl: string;
    readonly durationSeconds: number;
    readonly aspectRatio: string | undefined;
  };

/** Pixels of the named sizes. */
const NAMED_SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  square_hd: [1024, 1024],
  square: [512, 512],
  portrait_4_3: [768, 1024],
  portrait_16_9: [576, 1024],
  landscape_4_3: [1024, 768],
  landscape_16_9: [1024, 576],
};

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

const Video = z.object({
  prompt: Prompt,
  image_url: z.url({ protocol: /^https?$/ }),
  // "5", "8s" and 6 are all written by one provider's models.
  duration: z.union([z.string().regex(/^\d{1,2}s?$/), z.int().min(1).max(60)]).default("5"),
  aspect_ratio: z.string().optional(),
});

const KlingV3 = Video.omit({ image_url: true }).extend({
  start_image_url: z.url({ protocol: /^https?$/ }),
});

type Judge = (input: unknown) => FalWork | readonly FalFault[];

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
  "fal-ai/kling-video/v2.5-turbo/pro/image-to-video": judge(Video, videoWork),
  "fal-ai/wan-25-preview/image-to-video": judge(Video, videoWork),
  "fal-ai/veo3.1/image-to-video": judge(Video, videoWork),
  "fal-ai/ltx-2/image-to-video": judge(Video, videoWork),
  "fal-ai/kling-video/v3/pro/image-to-video": judge(
    KlingV3,
    ({ start_image_url, ...input }) => videoWork({ ...input, image_url: start_image_url }),
  ),
};

/** How an endpoint judges input: what is to be made, or the faults. Null for an unknown endpoint. */
export function findFalEndpoint(endpoint: string): Judge | null {
  return Object.hasOwn(ENDPOINTS, endpoint) ? ENDPOINTS[endpoint] ?? null : null;
}

function judge<Input>(schema: z.ZodType<Input>, work: (input: Input) => FalWork): Judge {
  return (input) => {
    const parsed = schema.safeParse(input);
    return parsed.success
      ? work(parsed.data)
      : parsed.error.issues.map((issue) => toFault(issue, input));
  };
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

function videoWork(input: z.infer<typeof Video>): FalWork {
  return {
    kind: "video",
    prompt: input.prompt,
    imageUrl: input.image_url,
    durationSeconds: Number.parseInt(String(input.duration)),
    aspectRatio: input.aspect_ratio,
  };
}

/** Says a fault the way pydantic does. */
function toFault(issue: z.core.$ZodIssue, input: unknown): FalFault {
  const loc = ["body", ...issue.path.map((part) => typeof part === "number" ? part : String(part))];
  const field = issue.path[0];
  const value = typeof input === "object" && input !== null && field !== undefined
    ? Reflect.get(input, field)
    : input;
  if (value === undefined) return { loc, msg: "Field required", type: "missing", input };
  switch (issue.code) {
    case "too_big":
      return {
        loc,
        msg: `Input should be less than or equal to ${issue.maximum}`,
        type: "less_than_equal",
        ctx: { le: Number(issue.maximum) },
        input: value,
      };
    case "too_small":
      return {
        loc,
        msg: `Input should be greater than or equal to ${issue.minimum}`,
        type: "greater_than_equal",
        ctx: { ge: Number(issue.minimum) },
        input: value,
      };
    case "invalid_value":
      return {
        loc,
        msg: `Input should be ${issue.values.map((one) => `'${String(one)}'`).join(" or ")}`,
        type: "literal_error",
        ctx: { expected: issue.values.map(String).join(", ") },
        input: value,
      };
    default:
      return { loc, msg: issue.message, type: "value_error", input: value };
  }
}
