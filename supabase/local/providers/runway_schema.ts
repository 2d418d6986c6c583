/**
 * How the simulated Runway judges the body of image_to_video: unknown properties are refused, and every
 * fault is an issue. It shares no code with the adapter. Source: types of @runwayml/sdk 4.20.1.
 *
 * @module
 */
import { z } from "zod";

/** What a create asks for. */
export interface RunwayWork {
  /** What the clip shows. */
  readonly prompt: string;
  /** `https:`, `http:` (here only: the real one takes none) or `data:`. */
  readonly imageUrl: string;
  /** The last frame, when one is given; as `imageUrl`. */
  readonly lastImageUrl: string | undefined;
  /** Whole seconds. */
  readonly durationSeconds: number;
  /** Width to height, such as `16:9`. */
  readonly aspectRatio: string;
  /** What it costs when it succeeds. */
  readonly credits: number;
}

/** One item of a 400's `issues`. */
export interface RunwayIssue {
  /** zod's own, as on the wire. */
  readonly code: string;
  /** From the body's root. */
  readonly path: readonly (string | number)[];
  /** For people. */
  readonly message: string;
  /** The values that are taken. */
  readonly values?: readonly unknown[];
}

/** Shapes of the sizes that clips come in. */
const SHAPES: Readonly<Record<string, string>> = {
  "1280:720": "16:9",
  "1920:1080": "16:9",
  "720:1280": "9:16",
  "1080:1920": "9:16",
  "1104:832": "4:3",
  "832:1104": "3:4",
  "960:960": "1:1",
  "1584:672": "21:9",
};

/** A data URI may hold 5 MB. */
const MAX_URI_CHARS = 5 * 1024 * 1024;

const ImageUri = z.string().max(MAX_URI_CHARS).regex(
  /^(https?:\/\/[^\s]+|runway:\/\/.+|data:image\/[a-z]+;base64,.+)$/,
  "Must be an HTTPS URL, a Runway upload URI or a data URI",
);

const PromptImage = (...positions: [string, ...string[]]) =>
  z.union([
    ImageUri,
    z.array(z.strictObject({ uri: ImageUri, position: z.enum(positions) })).min(1)
      .max(positions.length),
  ]);

const PromptText = z.string().min(1).max(1000);
const Seed = z.int().min(0).max(4_294_967_295).optional();
const Moderation = z.strictObject({ publicFigureThreshold: z.enum(["auto", "low"]).optional() })
  .optional();
const Gen4Ratio = z.enum([
  "1280:720",
  "720:1280",
  "1104:832",
  "832:1104",
  "960:960",
  "1584:672",
]);

const Gen45 = z.strictObject({
  model: z.literal("gen4.5"),
  promptImage: PromptImage("first"),
  promptText: PromptText,
  ratio: Gen4Ratio,
  duration: z.int().min(2).max(10),
  seed: Seed,
  contentModeration: Moderation,
  outputFormat: z.enum(["mp4", "prores", "png_sequence"]).optional(),
  proresProfile: z.string().optional(),
});

const Gen4Turbo = z.strictObject({
  model: z.literal("gen4_turbo"),
  promptImage: PromptImage("first"),
  promptText: PromptText.optional(),
  ratio: Gen4Ratio,
  duration: z.int().min(2).max(10).default(10),
  seed: Seed,
  contentModeration: Moderation,
});

const Veo = <Model extends string>(model: Model) =>
  z.strictObject({
    model: z.literal(model),
    promptImage: PromptImage("first", "last"),
    promptText: PromptText.optional(),
    ratio: z.enum(["1280:720", "720:1280", "1080:1920", "1920:1080"]),
    duration: z.literal([4, 6, 8]).default(8),
    audio: z.boolean().default(true),
    negativePrompt: z.string().optional(),
    seed: Seed,
  });

const Body = z.discriminatedUnion("model", [Gen45, Gen4Turbo, Veo("veo3.1"), Veo("veo3.1_fast")]);

/** Credits a second; at Veo without sound, then with it. */
const PRICES: Readonly<Record<string, readonly [silent: number, loud: number]>> = {
  "gen4.5": [12, 12],
  "gen4_turbo": [5, 5],
  "veo3.1": [20, 40],
  "veo3.1_fast": [10, 15],
};

/** Judges a body: the work, or what is wrong with it. */
export function judgeRunwayBody(body: unknown): RunwayWork | readonly RunwayIssue[] {
  const parsed = Body.safeParse(body);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      code: issue.code,
      path: issue.path.map((part) => typeof part === "number" ? part : String(part)),
      message: issue.message,
      ...(issue.code === "invalid_value" ? { values: issue.values } : {}),
    }));
  }
  const { model, promptImage, promptText = "", ratio, duration } = parsed.data;
  const [silent, loud] = PRICES[model] ?? [0, 0];
  const isLoud = "audio" in parsed.data && parsed.data.audio;
  return {
    prompt: promptText,
    imageUrl: typeof promptImage === "string" ? promptImage : promptImage[0]?.uri ?? "",
    lastImageUrl: typeof promptImage === "string" ? undefined : promptImage[1]?.uri,
    durationSeconds: duration,
    aspectRatio: SHAPES[ratio] ?? "16:9",
    credits: duration * (isLoud ? loud : silent),
  };
}

/** Tells issues from work. */
export function isRunwayWork(
  judged: RunwayWork | readonly RunwayIssue[],
): judged is RunwayWork {
  return "prompt" in judged;
}
