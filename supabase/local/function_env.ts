/**
 * The environment of the functions, under the platform's names.
 *
 * @module
 */
import { publicKeySet, type StackKeys } from "./keys.ts";

/** Where the values come from; later ones win, and the platform's own names last. */
export interface FunctionEnvSources {
  /** Base URL of the gateway. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly keys: StackKeys;
  /** What the simulators need functions to have. */
  readonly simulated: Readonly<Record<string, string>>;
  /** The project's `.env`. */
  readonly file: Readonly<Record<string, string>>;
  /** Given by the caller of `startStack`. */
  readonly more: Readonly<Record<string, string>>;
}

/**
 * Gives every variable a function sees. Source of the platform's names:
 * https://supabase.com/docs/guides/functions/secrets (read 2026-11-21).
 */
export function functionEnv(sources: FunctionEnvSources): Record<string, string> {
  const { url, databaseUrl, keys } = sources;
  return {
    ...sources.simulated,
    ...sources.file,
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
