/**
 * The words of the `film` command, checked before anything starts.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { makeFilmRequest } from "../../../shared/contract/film_operations.ts";
import { FILM_STAGES, type FilmStage } from "../../../shared/contract/statuses.ts";
import { DEFAULT_PORTS } from "../ports.ts";
import { filmRequest, type FilmWish, FLAGS } from "./film_wish.ts";
import { UsageError } from "./usage_error.ts";

/** What to do. */
export interface FilmCommand {
  /** The film. */
  readonly wish: FilmWish;
  /** Where the film is written. */
  readonly out: string;
  /** True: the result is one JSON object on standard output, and nothing else is. */
  readonly json: boolean;
  /** True: the cast is confirmed without asking. */
  readonly yes: boolean;
  /** True: only the plan. */
  readonly dryRun: boolean;
  /** Where the stack keeps its state; the stack's own choice when absent. */
  readonly dir?: string;
  /** Port of the API, when no stack runs there yet. */
  readonly port: number;
}

/** What `--characters` means without a number. */
const USUAL_CAST = 2;

const OPTIONS = {
  scenes: { type: "string" },
  shots: { type: "string" },
  characters: { type: "string" },
  yes: { type: "boolean", short: "y" },
  length: { type: "string" },
  language: { type: "string" },
  voice: { type: "string" },
  style: { type: "string" },
  platform: { type: "string" },
  tone: { type: "string" },
  "image-model": { type: "string" },
  "video-model": { type: "string" },
  budget: { type: "string" },
  "dry-run": { type: "boolean" },
  "stop-at": { type: "string" },
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
  const { values, positionals } = parseWords(withCast(words), OPTIONS);
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
    shotsPerScene: wholeNumber("--shots", values.shots),
    characterCount: wholeNumber("--characters", values.characters),
    targetSeconds: wholeNumber("--length", values.length),
    language: values.language,
    voiceId: values.voice,
    style: values.style,
    platform: values.platform,
    tone: values.tone,
    imageModel: values["image-model"],
    videoModel: values["video-model"],
    budgetCredits: wholeNumber("--budget", values.budget),
    stopAt: stage(values["stop-at"]),
  };
  assertWish(wish);
  return {
    wish,
    out: values.out ?? "film.mp4",
    json: values.json === true,
    yes: values.yes === true,
    dryRun: values["dry-run"] === true,
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    port: portOf(values.port),
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

/** Gives `--characters` its usual number where no number follows. */
function withCast(words: readonly string[]): string[] {
  const end = words.indexOf("--", 1);
  return words.map((word, at) => {
    const isBare = word === "--characters" && (end < 0 || at < end) &&
      !/^-?\d+(\.\d+)?$/.test(words[at + 1] ?? "");
    return isBare ? `--characters=${USUAL_CAST}` : word;
  });
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

function stage(text: string | undefined): FilmStage | undefined {
  const found = FILM_STAGES.find((name) => name === text);
  if (found !== undefined || text === undefined) return found;
  throw new UsageError(`Cannot use --stop-at "${text}": it is none of ${FILM_STAGES.join(", ")}`);
}

/** What a value has to look like, where the schema's sentence would not say. */
const FORMS: Readonly<Record<string, string>> = {
  language: "a language tag such as ko-KR",
  voice_id: "a voice such as en-US-Neural2-C",
};

/** Asks the contract's schema, so that what it refuses is known before a stack starts. */
function assertWish(wish: FilmWish): void {
  const issue = makeFilmRequest.safeParse(filmRequest(wish)).error?.issues[0];
  if (issue === undefined) return;
  const field = String(issue.path.at(-1));
  const flag = Object.entries(FLAGS).find(([name]) => name === field)?.[1] ?? field;
  const reason = issue.code === "invalid_format" && FORMS[field] !== undefined
    ? `it is not ${FORMS[field]}`
    : issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  throw new UsageError(`Cannot use ${flag}: ${reason}`);
}
