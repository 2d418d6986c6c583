/**
 * Who does the work on this machine: for each provider whether it is real, simulated, or not to be had. The one
 * place that decides it, for the functions' environment, the `film` command and `deno task providers`.
 *
 * @module
 */
import { type ProviderEnv, readProviderEnv } from "../functions/_shared/env.ts";
import { AppError } from "../functions/_shared/app_error.ts";
import { StackError } from "./say.ts";

/** A provider as this machine knows it. */
export interface KnownProvider {
  /** Its group in `_shared/env.ts`. */
  readonly env: keyof ProviderEnv;
  /** What it makes, for people. */
  readonly makes: string;
  /** How its variables begin: a simulated one must not find a real key or address in them. */
  readonly prefixes: readonly string[];
}

/** By the name in the catalogue and of the simulator, in the order of a film's work. */
export const KNOWN_PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  gemini: { env: "gemini", makes: "script, images", prefixes: ["GEMINI_"] },
  openai: { env: "openai", makes: "script", prefixes: ["OPENAI_"] },
  google_tts: {
    env: "googleTts",
    makes: "narration",
    prefixes: ["GOOGLE_TTS_", "GOOGLE_PROJECT_ID"],
  },
  fal: { env: "fal", makes: "images, clips", prefixes: ["FAL_", "FALAI_"] },
  kie: { env: "kie", makes: "clips", prefixes: ["KIE_"] },
  runway: { env: "runway", makes: "clips", prefixes: ["RUNWAY_", "RUNWAYML_"] },
};

/** Whether a provider is the real one, a simulator, or `missing`: neither simulated nor configured. */
export type ProviderState = "real" | "simulated" | "missing";

/** What is known of one provider on this machine. */
export interface ProviderChoice {
  /** Who does the work. */
  readonly state: ProviderState;
  /** The variable that would make it real; undefined when it is set. */
  readonly missing: string | undefined;
}

/**
 * Decides for each provider. `simulate` is the setting `SIMULATE`: names of the catalogue, separated by commas,
 * `all`, or `none`; undefined or empty simulates those without a key in `file`.
 *
 * Errors: {@link StackError} for a name that is no provider's.
 */
export function chooseProviders(
  file: Readonly<Record<string, string>>,
  simulate: string | undefined,
): Record<string, ProviderChoice> {
  const names = readNames(simulate);
  return Object.fromEntries(
    Object.entries(KNOWN_PROVIDERS).map(([name, { env }]) => {
      const missing = missingVariable(env, file);
      const isSimulated = names === undefined ? missing !== undefined : names.has(name);
      const state = isSimulated ? "simulated" : missing === undefined ? "real" : "missing";
      return [name, { state, missing }];
    }),
  );
}

/**
 * Reads the setting: the process's own environment wins over `.env`, so that one run can differ.
 * Undefined when neither has it.
 */
export function readSimulate(file: Readonly<Record<string, string>>): string | undefined {
  return Deno.env.get("SIMULATE") || file["SIMULATE"];
}

function readNames(simulate: string | undefined): ReadonlySet<string> | undefined {
  const words = (simulate ?? "").split(",").map((word) => word.trim()).filter((word) =>
    word !== ""
  );
  if (words.length === 0) return undefined;
  if (words.length === 1 && words[0] === "all") return new Set(Object.keys(KNOWN_PROVIDERS));
  if (words.length === 1 && words[0] === "none") return new Set();
  const stranger = words.find((word) => !Object.hasOwn(KNOWN_PROVIDERS, word));
  if (stranger === undefined) return new Set(words);
  throw new StackError(
    `Cannot simulate "${stranger}": SIMULATE takes all, none, or some of ${
      Object.keys(KNOWN_PROVIDERS).join(", ")
    }`,
  );
}

/** The adapters' own reader decides which names are a provider's key. */
function missingVariable(
  name: keyof ProviderEnv,
  file: Readonly<Record<string, string>>,
): string | undefined {
  try {
    readProviderEnv(name, (variable) => file[variable]);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { variables } = error.details as { readonly variables: readonly string[] };
    return variables[0];
  }
}
