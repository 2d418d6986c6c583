/**
 * Who does the work: a provider whose key is in `.env` is real, the others are simulated.
 *
 * @module
 */
import { readProviderEnv } from "../../functions/_shared/env.ts";

/** The providers of a film, and what each does. */
const ROLES = {
  gemini: "script",
  googleTts: "narration",
  fal: "images",
  kie: "clips",
} as const;

/**
 * One line for people. `env` is the project's `.env`; the adapters' own reader decides which names count.
 */
export function describeProviders(env: Readonly<Record<string, string>>): string {
  const names = Object.keys(ROLES) as (keyof typeof ROLES)[];
  const isReal = (name: keyof typeof ROLES) => {
    try {
      readProviderEnv(name, (variable) => env[variable]);
      return true;
    } catch {
      return false;
    }
  };
  const list = (chosen: typeof names) =>
    chosen.map((name) => `${name === "googleTts" ? "google_tts" : name} (${ROLES[name]})`).join(
      ", ",
    );
  const real = names.filter(isReal);
  const simulated = names.filter((name) => !isReal(name));
  if (real.length === 0) {
    return `Simulated providers: ${list(simulated)}. Keys in .env make them real`;
  }
  return `Real providers, paid with your keys: ${list(real)}. Simulated: ${
    list(simulated) || "none"
  }`;
}
