/**
 * The environment of the functions, under the platform's names.
 *
 * @module
 */
import { publicKeySet, type StackKeys } from "./keys.ts";
import { chooseProviders, KNOWN_PROVIDERS } from "./simulated.ts";

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
  /** Which providers are simulated, see `simulated.ts`; undefined: those without a key in `file`. */
  readonly simulate?: string | undefined;
  /** Given by the caller of `startStack`. */
  readonly more: Readonly<Record<string, string>>;
}

/** Wishes of the user's that hold whoever does the work. */
const WISHES = new Set(["RUNWAY_MODEL_ID", "GOOGLE_TTS_LOCATION"]);

/**
 * Gives every variable a function sees: `.env`, with the simulators' in place of a simulated provider's own,
 * over them the caller's, and over all the platform's own. Source of its names:
 * https://supabase.com/docs/guides/functions/secrets (read 2026-11-21).
 */
export function functionEnv(sources: FunctionEnvSources): Record<string, string> {
  const { url, databaseUrl, keys } = sources;
  const choices = chooseProviders(sources.file, sources.simulate);
  const prefixes = Object.entries(KNOWN_PROVIDERS)
    .filter(([name]) => choices[name]?.state === "simulated")
    .flatMap(([, provider]) => provider.prefixes);
  const isSimulated = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
  const file = Object.entries(sources.file)
    .filter(([name]) => !isSimulated(name) || WISHES.has(name));
  const simulated = Object.entries(sources.simulated).filter(([name]) => isSimulated(name));
  return {
    ...Object.fromEntries(file),
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
