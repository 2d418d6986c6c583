/**
 * The words of the `film` command, checked before anything starts.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import {
  generateAudioRequest,
  generateImageRequest,
  generateScriptRequest,
} from "../../../shared/contract/media_operations.ts";
import { DEFAULT_PORTS } from "../ports.ts";
import type { FilmWish } from "./make_film.ts";
import { UsageError } from "./usage_error.ts";

/** What to do. */
export interface FilmCommand {
  /** The film. */
  readonly wish: FilmWish;
  /** Where the film is written. */
  readonly out: string;
  /** True: the result is one JSON object on standard output, and nothing else is. */
  readonly json: boolean;
  /** Where the stack keeps its state; the stack's own choice when absent. */
  readonly dir?: string;
  /** Port of the API, when no stack runs there yet. */
  readonly port: number;
}

/** What the command can do, for people. */
export const FILM_HELP = `Makes a film from a prompt, on this machine and without any key.

  deno task film "A shy robot learns to dance in the rain"

Options
  --scenes N         how many scenes, 1 to 30
  --length SECONDS   how long the film should be, 3 to 600
  --language TAG     of script and narration, such as ko-KR
  --voice ID         the narrator, such as en-US-Neural2-C
  --style TEXT       the look of the pictures, such as "watercolour, soft light"
  --platform NAME    where it will be shown; tiktok and the like are upright
  --tone NAME        such as warm or funny
  --image-model ID   a picture model of the catalogue (supabase/seed.sql)
  --video-model ID   a clip model of the catalogue
  --out PATH         where to write the film; film.mp4 unless given
  --json             print the result as JSON
  --port N           port of the stack, ${DEFAULT_PORTS.api} unless given; 0 means any
  --dir DIR          where the stack keeps its state; .local unless given
  --help             this text

Progress goes to standard error, the result to standard output. Exit codes: 0 the film is there,
1 it failed, 2 the command line is wrong, 130 Ctrl-C.
With a provider's key in .env that provider is real; the others are simulated. SIMULATE=all,
none or names picks otherwise.`;

const OPTIONS = {
  scenes: { type: "string" },
  length: { type: "string" },
  language: { type: "string" },
  voice: { type: "string" },
  style: { type: "string" },
  platform: { type: "string" },
  tone: { type: "string" },
  "image-model": { type: "string" },
  "video-model": { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
  port: { type: "string" },
  dir: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * Reads the words after `film`; a `--` before them is taken off, since some task runners add it. The
 * bounds are the contract's own. Gives `"help"` when that is all that was asked.
 *
 * Errors: {@link UsageError} naming the first thing that is wrong.
 */
export function parseFilmArgs(words: readonly string[]): FilmCommand | "help" {
  const { values, positionals } = parseWords(words, OPTIONS);
  if (values.help === true) return "help";
  const [prompt, ...rest] = positionals;
  if (prompt === undefined || prompt.trim() === "") {
    throw new UsageError('Cannot make a film without a prompt: write deno task film "<prompt>"');
  }
  if (rest.length > 0) {
    throw new UsageError(
      `Cannot take ${positionals.length} prompts: put the whole prompt in quotes`,
    );
  }
  const wish: FilmWish = {
    prompt,
    sceneCount: wholeNumber("--scenes", values.scenes),
    targetSeconds: wholeNumber("--length", values.length),
    language: values.language,
    voiceId: values.voice,
    style: values.style,
    platform: values.platform,
    tone: values.tone,
    imageModel: values["image-model"],
    videoModel: values["video-model"],
  };
  assertWish(wish);
  const port = portOf(values.port);
  return {
    wish,
    out: values.out ?? "film.mp4",
    json: values.json === true,
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    port,
  };
}

/** Reads options and the words between them. Errors: {@link UsageError}. */
export function parseWords<Options extends NonNullable<ParseArgsConfig["options"]>>(
  words: readonly string[],
  options: Options,
) {
  // Some task runners put it before the first word.
  const args = words[0] === "--" ? words.slice(1) : [...words];
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (cause) {
    const [sentence = "Cannot read the options"] = String(
      cause instanceof Error ? cause.message : cause,
    ).split(/\.\s|\n/);
    throw new UsageError(`${sentence.replace(/\.$/, "")}; see --help`, { cause });
  }
}

/** Gives an option's number. Errors: {@link UsageError} when it is none. */
export function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use ${flag} "${text}": it is no whole number`);
}

/** Gives the API's port. Errors: {@link UsageError}. */
export function portOf(text: string | undefined): number {
  const port = wholeNumber("--port", text) ?? DEFAULT_PORTS.api;
  if (port > 65535) throw new UsageError(`Cannot use --port "${port}": ports end at 65535`);
  return port;
}

/** Asks the contract's schemas, so that what they refuse is known before a stack starts. */
function assertWish(wish: FilmWish): void {
  const scene_id = crypto.randomUUID();
  const script = (options: Record<string, unknown>) =>
    generateScriptRequest.safeParse({ prompt: wish.prompt, options });
  const image = (more: Record<string, unknown>) =>
    generateImageRequest.safeParse({ scene_id, ...more });
  const checks = [
    ["the prompt", script({})],
    ["--scenes", script({ scene_count: wish.sceneCount })],
    ["--length", script({ target_length: wish.targetSeconds })],
    ["--language", script({ language: wish.language }), "a language tag such as ko-KR"],
    ["--platform", script({ platform: wish.platform })],
    ["--tone", script({ tone: wish.tone })],
    ["--style", image({ style_prompt: wish.style })],
    ["--image-model", image({ model: wish.imageModel })],
    ["--video-model", image({ model: wish.videoModel })],
    [
      "--voice",
      generateAudioRequest.safeParse({ scene_id, voice_id: wish.voiceId }),
      "a voice such as en-US-Neural2-C",
    ],
  ] as const;
  for (const [flag, { error }, form] of checks) {
    const issue = error?.issues[0];
    if (issue === undefined) continue;
    const reason = issue.code === "invalid_format" && form !== undefined
      ? `it is not ${form}`
      : issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
    throw new UsageError(`Cannot use ${flag}: ${reason}`);
  }
}
