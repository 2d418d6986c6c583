/**
 * The environment of the functions, under the platform's names.
 *
 * @module
 */
import { type ProviderEnv, readProviderEnv } from "../functions/_shared/env.ts";
import { publicKeySet, type StackKeys } from "./keys.ts";

/** Where the values come from. */
export interface FunctionEnvSources {
  /** Base URL of the gateway. */
  readonly url: string;
  /** Of the superuser. */
  readonly databaseUrl: string;
  /** The stack's; secrets among them. */
  readonly keys: StackKeys;
  /** What the simulators need functions to have. */
  readonly simulated: Readonly<Record<string, string>>;
  /** The project's `.env`. */
  readonly file: Readonly<Record<string, string>>;
  /** Given by the caller of `startStack`. */
  readonly more: Readonly<Record<string, string>>;
}

/** How each provider's variables begin. */
const PREFIXES: Readonly<Record<keyof ProviderEnv, string>> = {
  gemini: "GEMINI_",
  openai: "OPENAI_",
  fal: "FAL_",
  googleTts: "GOOGLE_TTS_",
  kie: "KIE_",
  runway: "RUNWAY_",
};

/**
 * Gives every variable a function sees: `.env`, over it the simulators' for each provider that has no key
 * there, over them the caller's, and over all the platform's own. Source of its names:
 * https://supabase.com/docs/guides/functions/secrets (read 2026-11-21).
 */
export function functionEnv(sources: FunctionEnvSources): Record<string, string> {
  const { url, databaseUrl, keys, file } = sources;
  const real = Object.entries(PREFIXES)
    .filter(([name]) => hasKey(name as keyof ProviderEnv, file))
    .map(([, prefix]) => prefix);
  const simulated = Object.entries(sources.simulated)
    .filter(([name]) => !real.some((prefix) => name.startsWith(prefix)));
  return {
    ...file,
    ...Object.fromEntries(simulated),
    ...sources.more,
    SUPABASE_URL: url,
    SUPABASE_DB_URL: databaseUrl,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
    SUPABASE_JWKS: JSON.stringify(publicKeySet(keys)),
    // Newer projects hold the new keys under the legacy names too.
    SUPABASE_ANON_KEY: keys.publishable,
    SUPABASE_SERVICE_ROLE_KEY: keys.secret,
  };
}

/** The adapters' own reader decides which names are a provider's key. */
function hasKey(name: keyof ProviderEnv, file: Readonly<Record<string, string>>): boolean {
  try {
    readProviderEnv(name, (variable) => file[variable]);
    return true;
  } catch {
    return false;
  }
}
