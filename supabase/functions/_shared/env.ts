/**
 * The environment, read here and nowhere else. Each group is read and checked on first use, so that a
 * function only needs what it uses, and all missing names are reported at once.
 *
 * @module
 */
import { AppError } from "./app_error.ts";

/** Reads one variable. Undefined and empty are the same. */
export type EnvReader = (name: string) => string | undefined;

const platformEnv: EnvReader = (name) => Deno.env.get(name);

/** What the platform injects into every function. */
export interface PlatformEnv {
  /** Base URL of the project as clients and providers reach it, without a trailing slash. */
  readonly supabaseUrl: string;
  /** Bucket of all media. */
  readonly storageBucket: string;
}

/** Everything the providers need. A provider without its key is left unset. */
export interface ProviderEnv {
  /** Secret keys, at least one, and where to send them. */
  readonly gemini: { readonly apiKeys: readonly string[]; readonly baseUrl: string };
  /** Secret key, and where to send it (with version). */
  readonly openai: { readonly apiKey: string; readonly baseUrl: string };
  /** Secret key, and where to send it. */
  readonly fal: {
    readonly apiKey: string;
    readonly queueUrl: string;
    /** Our account's id in signed callbacks. Undefined: fal is not asked to call back. */
    readonly webhookUserId: string | undefined;
    readonly jwksUrl: string;
  };
  /** Service account and region. */
  readonly googleTts: {
    /** Secret. The service account's JSON, the same in base64, or a path to it. */
    readonly serviceAccountJson: string;
    readonly baseUrl: string | undefined;
    readonly location: string | undefined;
    readonly projectId: string | undefined;
  };
  /** Secret key, and where to send it. */
  readonly kie: {
    readonly apiKey: string;
    readonly baseUrl: string;
    /** Where pictures are uploaded that KIE can't fetch. Undefined: nowhere. */
    readonly uploadUrl: string | undefined;
    /** Secret. Undefined when callbacks are not signed. */
    readonly webhookHmacKey: string | undefined;
  };
  /** Secret key, and where to send it. */
  readonly runway: {
    readonly apiKey: string;
    readonly baseUrl: string;
  };
}

/** Reads what the platform injects. Throws a plain error naming every variable that is missing. */
export function readPlatformEnv(env: EnvReader = platformEnv): PlatformEnv {
  const supabaseUrl = first(env, ["PUBLIC_SUPABASE_URL", "SUPABASE_URL"]);
  if (supabaseUrl === undefined) throw new Error("Missing environment variables: SUPABASE_URL");
  return {
    supabaseUrl: supabaseUrl.replace(/\/$/, ""),
    storageBucket: first(env, ["STORAGE_BUCKET", "SUPABASE_STORAGE_BUCKET"]) ?? "aiauto",
  };
}

/** Reads which model of the catalogue writes scripts when the one asked for is out of reach. */
export function readScriptFallback(env: EnvReader = platformEnv): string | undefined {
  return first(env, ["SCRIPT_FALLBACK_MODEL"]);
}

/** Reads which of Runway's models, by its own name of it, is meant where only Runway is named. */
export function readRunwayModel(env: EnvReader = platformEnv): string | undefined {
  return first(env, ["RUNWAY_MODEL_ID"]);
}

/** How prompts and pictures are looked at before they cost anything. */
export interface ModerationEnv {
  /** True: they are not. */
  readonly isOff: boolean;
  /** True: nothing passes while the moderator is down. */
  readonly refusesWhenDown: boolean;
}

/** Reads it. Anything but `off` is on: a typing mistake must not open the gate. */
export function readModeration(env: EnvReader = platformEnv): ModerationEnv {
  return {
    isOff: first(env, ["MODERATION"])?.toLowerCase() === "off",
    refusesWhenDown: first(env, ["MODERATION_WHEN_DOWN"])?.toLowerCase() === "refuse",
  };
}

/** Reads one provider's settings. Throws `PROVIDER_NOT_CONFIGURED` naming the variable to set. */
export function readProviderEnv<Name extends keyof ProviderEnv>(
  name: Name,
  env: EnvReader = platformEnv,
): ProviderEnv[Name] {
  return PROVIDERS[name](env);
}

const PROVIDERS: { readonly [Name in keyof ProviderEnv]: (env: EnvReader) => ProviderEnv[Name] } = {
  gemini: (env) => ({
    apiKeys: required(env, "gemini", ["GEMINI_API_KEYS", "GEMINI_API_KEY"]).split(",")
      .map((key) => key.trim()).filter((key) => key !== ""),
    baseUrl: first(env, ["GEMINI_BASE_URL"]) ?? "https://generativelanguage.googleapis.com",
  }),
  openai: (env) => ({
    apiKey: required(env, "openai", ["OPENAI_API_KEY"]),
    baseUrl: (first(env, ["OPENAI_BASE_URL"]) ?? "https://api.openai.com/v1").replace(/\/$/, ""),
  }),
  fal: (env) => ({
    apiKey: required(env, "fal", ["FAL_KEY", "FAL_API_KEY", "FALAI_API_KEY"]),
    queueUrl: first(env, ["FAL_QUEUE_URL"]) ?? "https://queue.fal.run",
    webhookUserId: first(env, ["FAL_WEBHOOK_USER_ID"]),
    jwksUrl: first(env, ["FAL_JWKS_URL"]) ?? "https://rest.fal.ai/.well-known/jwks.json",
  }),
  googleTts: (env) => ({
    serviceAccountJson: required(env, "google_tts", ["GOOGLE_TTS_SERVICE_ACCOUNT_JSON"]),
    baseUrl: first(env, ["GOOGLE_TTS_BASE_URL"]),
    location: first(env, ["GOOGLE_TTS_LOCATION"]),
    projectId: first(env, ["GOOGLE_PROJECT_ID"]),
  }),
  kie: (env) => ({
    apiKey: required(env, "kie", ["KIE_DONWON_API_KEY", "KIE_API_KEY"]),
    baseUrl: first(env, ["KIE_BASE_URL"]) ?? "https://api.kie.ai",
    // Whatever stands in for the API may reach more than it does, and need not have a second host.
    uploadUrl: first(env, ["KIE_UPLOAD_URL"]) ??
      (first(env, ["KIE_BASE_URL"]) === undefined ? "https://kieai.redpandaai.co" : undefined),
    webhookHmacKey: first(env, ["KIE_WEBHOOK_HMAC_KEY"]),
  }),
  runway: (env) => ({
    apiKey: required(env, "runway", ["RUNWAY_API_KEY", "RUNWAYML_API_SECRET"]),
    baseUrl: first(env, ["RUNWAY_BASE_URL"]) ?? "https://api.dev.runwayml.com",
  }),
};

/** The first of several names that is set and not empty. */
function first(env: EnvReader, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env(name)?.trim();
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

function required(env: EnvReader, provider: string, names: readonly string[]): string {
  const value = first(env, names);
  if (value !== undefined) return value;
  throw new AppError("PROVIDER_NOT_CONFIGURED", `Cannot use ${provider}: ${names[0]} is not set`, {
    details: { provider, variables: names },
    hint: `Set ${names.join(" or ")} and call again`,
  });
}
