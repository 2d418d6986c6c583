/**
 * The words of the `clip` command, checked before anything starts.
 *
 * @module
 */
import { generateVideoRequest } from "../../../shared/contract/media_operations.ts";
import { parseWords, portOf, wholeNumber } from "../film/args.ts";
import { UsageError } from "../film/usage_error.ts";
import { DEFAULT_PORTS } from "../ports.ts";

/** What clip is wanted. Whatever is absent, the style or the studio chooses. */
export interface ClipWish {
  /** A style of the catalogue. */
  readonly preset?: string | undefined;
  /** What should happen, in the user's words. */
  readonly prompt?: string | undefined;
  /** Id of the catalogue. */
  readonly model?: string | undefined;
  /** Whole seconds. */
  readonly durationSeconds?: number | undefined;
}

/** What to do. */
export interface ClipCommand {
  /** The picture's path. */
  readonly photo: string;
  /** The clip. */
  readonly wish: ClipWish;
  /** Where the clip is written. */
  readonly out: string;
  /** True: the result is one JSON object on standard output, and nothing else is. */
  readonly json: boolean;
  /** Where the stack keeps its state; the stack's own choice when absent. */
  readonly dir?: string;
  /** Port of the API, when no stack runs there yet. */
  readonly port: number;
}

/** What the command can do, for people. */
export const CLIP_HELP = `Makes a clip from a photo, on this machine and without any key.

  deno task clip photo.jpg --preset hip-hop --out clip.mp4

Options
  --preset NAME      a style of the catalogue (supabase/seed_presets.sql), such as ballet or orbit
  --prompt TEXT      what should happen, in your words
  --model ID         a clip model of the catalogue (supabase/seed.sql)
  --seconds N        how long the clip should be; what the model takes
  --out PATH         where to write the clip; clip.mp4 unless given
  --json             print the result as JSON
  --port N           port of the stack, ${DEFAULT_PORTS.api} unless given; 0 means any
  --dir DIR          where the stack keeps its state; .local unless given
  --help             this text

The photo is a jpeg, png or webp below 10 MB. Progress goes to standard error, the result to standard
output. Exit codes: 0 the clip is there, 1 it failed, 2 the command line or the photo is wrong, 130 Ctrl-C.
With a provider's key in .env that provider is real; the others are simulated.`;

const OPTIONS = {
  preset: { type: "string" },
  prompt: { type: "string" },
  model: { type: "string" },
  seconds: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
  port: { type: "string" },
  dir: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * Reads the words after `clip`. The bounds are the contract's own. Gives `"help"` when that is all that was
 * asked. Errors: {@link UsageError} naming the first thing that is wrong.
 */
export function parseClipArgs(words: readonly string[]): ClipCommand | "help" {
  const { values, positionals } = parseWords(words, OPTIONS);
  if (values.help === true) return "help";
  const [photo, ...rest] = positionals;
  if (photo === undefined || photo === "") {
    throw new UsageError(
      "Cannot make a clip without a photo: write deno task clip photo.jpg --preset hip-hop",
    );
  }
  if (rest.length > 0) {
    throw new UsageError(
      `Cannot take ${positionals.length} photos: name one, and put --prompt in quotes`,
    );
  }
  const wish: ClipWish = {
    preset: values.preset,
    prompt: values.prompt,
    model: values.model,
    durationSeconds: wholeNumber("--seconds", values.seconds),
  };
  assertWish(wish);
  return {
    photo,
    wish,
    out: values.out ?? "clip.mp4",
    json: values.json === true,
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    port: portOf(values.port),
  };
}

/** Asks the contract's schema, so that what it refuses is known before a stack starts. */
function assertWish({ preset, prompt, model, durationSeconds }: ClipWish): void {
  const checks = [
    ["--preset", { preset }],
    ["--prompt", { prompt }],
    ["--model", { model }],
    ["--seconds", { duration_sec: durationSeconds }],
  ] as const;
  const id = crypto.randomUUID();
  for (const [flag, field] of checks) {
    const { error } = generateVideoRequest.safeParse({ project_id: id, image_ids: [id], ...field });
    const issue = error?.issues[0];
    if (issue === undefined) continue;
    const reason = issue.code === "invalid_format"
      ? "it is not a name such as hip-hop"
      : issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
    throw new UsageError(`Cannot use ${flag}: ${reason}`);
  }
}
