/**
 * Who does the work: a provider whose key is in `.env` is real, the others are simulated.
 *
 * @module
 */
import { readProviderEnv } from "../../functions/_shared/env.ts";

/** The providers of a film, and what each does. */
const ROLES = {
  gemini: { name: "gemini", makes: "script" },
  googleTts: { name: "google_tts", makes: "narration" },
  fal: { name: "fal", makes: "images" },
  kie: { name: "kie", makes: "clips" },
} as const;

/**
 * One line for people. `env` is the project's `.env`; the adapters' own reader decides which names count.
 */
export function describeProviders(env: Readonly<Record<string, string>>): string {
  const names = Object.keys(ROLES) as (keyof typeof ROLES)[];
  const list = (chosen: typeof names) =>
    chosen.map((name) => `${ROLES[name].name} (${ROLES[name].makes})`).join(", ");
  const real = names.filter((name) => hasKey(name, env));
  const simulated = names.filter((name) => !real.includes(name));
  if (real.length === 0) return `Simulated providers: ${list(names)}. Keys in .env make them real`;
  return [
    `Real providers, paid with your keys: ${list(real)}`,
    ...(simulated.length === 0 ? [] : [`simulated: ${list(simulated)}`]),
    ...(real.includes("kie") && env["PUBLIC_SUPABASE_URL"] === undefined
      ? [
        "kie fetches pictures: PUBLIC_SUPABASE_URL must name an address of this stack it can reach",
      ]
      : []),
  ].join("; ");
}

function hasKey(name: keyof typeof ROLES, env: Readonly<Record<string, string>>): boolean {
  try {
    readProviderEnv(name, (variable) => env[variable]);
    return true;
  } catch {
    return false;
  }
}
