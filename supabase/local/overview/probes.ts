/**
 * The cheapest real call of each provider: it costs nothing, proves the key, and its answer is compared with
 * what we believe about the wire, so that a change there is seen before a user sees it.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../../functions/_shared/app_error.ts";
import { type EnvReader, readProviderEnv } from "../../functions/_shared/env.ts";
import type { Log } from "../../functions/_shared/log.ts";
import { callProvider } from "../../functions/_shared/outbound.ts";
import { parseServiceAccount } from "../../functions/_shared/providers/google_account.ts";
import { createGoogleToken } from "../../functions/_shared/providers/google_token.ts";
import { ttsBaseUrl } from "../../functions/_shared/providers/google_tts_api.ts";

/** What a call showed. */
export type ProbeResult =
  /** The answer has the documented shape; `says` is what it told. */
  | { readonly ok: true; readonly says: string }
  /** It could not be made, was refused, or is not as documented. */
  | { readonly ok: false; readonly differs: string };

/** What a call needs. */
export interface ProbeOptions {
  /** Reads the provider's variables. */
  readonly env: EnvReader;
  /** Takes one line a call. */
  readonly log: Log;
  /** The provider's names of the models in our catalogue; looked for where the answer lists models. */
  readonly endpoints: readonly string[];
}

/** One call: what to ask, and what the answer must be. */
interface Probe {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The HTTP status of a key that is good. */
  readonly status: number;
  /** Checks the body and gives what it says. Throws `ZodError`, or our own words as an `AppError`. */
  read(body: unknown): string;
}

const TIMEOUT_MS = 15_000;

/** No request has this id: the answer "unknown" is what a good key gets. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

const GeminiModels = z.looseObject({
  models: z.array(z.looseObject({
    name: z.string().startsWith("models/"),
    displayName: z.string(),
    supportedGenerationMethods: z.array(z.string()),
  })).min(1),
});

const OpenAiModels = z.looseObject({
  object: z.literal("list"),
  data: z.array(z.looseObject({ id: z.string(), object: z.literal("model") })).min(1),
});

const Voices = z.looseObject({
  voices: z.array(z.looseObject({
    languageCodes: z.array(z.string()).min(1),
    name: z.string(),
    ssmlGender: z.enum(["MALE", "FEMALE", "NEUTRAL", "SSML_VOICE_GENDER_UNSPECIFIED"]),
    naturalSampleRateHertz: z.int(),
  })).min(1),
});

const FalUnknown = z.looseObject({ detail: z.string() });

const KieCredit = z.looseObject({ code: z.literal(200), msg: z.string(), data: z.number() });

const RunwayOrganization = z.looseObject({
  creditBalance: z.number(),
  tier: z.looseObject({ maxMonthlyCreditSpend: z.number() }),
  usage: z.looseObject({}),
});

const PROBES: Readonly<Record<string, (options: ProbeOptions) => Promise<Probe> | Probe>> = {
  gemini: ({ env, endpoints }) => {
    const { apiKeys: [key = ""], baseUrl } = readProviderEnv("gemini", env);
    return {
      url: `${baseUrl}/v1beta/models?pageSize=1000`,
      headers: { "x-goog-api-key": key },
      status: 200,
      read: (body) => {
        const { models } = GeminiModels.parse(body);
        return offers(models.map(({ name }) => name.slice("models/".length)), endpoints);
      },
    };
  },
  openai: ({ env, endpoints }) => {
    const { apiKey, baseUrl } = readProviderEnv("openai", env);
    return {
      url: `${baseUrl}/models`,
      headers: { authorization: `Bearer ${apiKey}` },
      status: 200,
      read: (body) => offers(OpenAiModels.parse(body).data.map(({ id }) => id), endpoints),
    };
  },
  google_tts: async ({ env, log }) => {
    const { serviceAccountJson, baseUrl, location } = readProviderEnv("googleTts", env);
    const token = await createGoogleToken({ account: parseServiceAccount(serviceAccountJson), log })
      .get();
    return {
      url: `${baseUrl ?? ttsBaseUrl(location ?? "global")}/v1/voices?languageCode=en-US`,
      headers: { authorization: `Bearer ${token}` },
      status: 200,
      read: (body) => `${Voices.parse(body).voices.length} voices of en-US`,
    };
  },
  fal: ({ env }) => {
    const { apiKey, queueUrl } = readProviderEnv("fal", env);
    return {
      url: `${queueUrl}/fal-ai/flux/requests/${NOBODY}/status`,
      headers: { authorization: `Key ${apiKey}` },
      status: 404,
      read: (body) => `the key is taken (${FalUnknown.parse(body).detail})`,
    };
  },
  kie: ({ env }) => {
    const { apiKey, baseUrl } = readProviderEnv("kie", env);
    return {
      url: `${baseUrl}/api/v1/chat/credit`,
      headers: { authorization: `Bearer ${apiKey}` },
      status: 200,
      read: (body) => `${KieCredit.parse(body).data} KIE credits left`,
    };
  },
  runway: ({ env }) => {
    const { apiKey, baseUrl } = readProviderEnv("runway", env);
    return {
      url: `${baseUrl}/v1/organization`,
      headers: { authorization: `Bearer ${apiKey}`, "x-runway-version": "2024-11-06" },
      status: 200,
      read: (body) => `${RunwayOrganization.parse(body).creditBalance} Runway credits left`,
    };
  },
};

/** Makes a provider's call. Never rejects for anything the provider does. */
export async function probeProvider(name: string, options: ProbeOptions): Promise<ProbeResult> {
  const make = Object.hasOwn(PROBES, name) ? PROBES[name] : undefined;
  if (make === undefined) throw new RangeError(`Cannot probe "${name}": it is no provider`);
  try {
    const probe = await make(options);
    const { status, text } = await callProvider(probe.url, {
      headers: {
        ...probe.headers,
        accept: "application/json",
        // Without a usual one the CDN before KIE refuses.
        "user-agent": "Mozilla/5.0 (compatible; ai-studio/1.0)",
      },
      // Following a redirect would take the key elsewhere.
      redirect: "manual",
    }, { provider: name, operation: "probe", timeoutMs: TIMEOUT_MS, log: options.log });
    if (status !== probe.status) {
      return { ok: false, differs: `HTTP status ${status}: ${cut(text)}` };
    }
    return { ok: true, says: probe.read(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof z.ZodError) return { ok: false, differs: describeIssues(error) };
    if (error instanceof SyntaxError) return { ok: false, differs: "the answer is not JSON" };
    if (error instanceof AppError) return { ok: false, differs: error.message };
    throw error;
  }
}

/** What a list of models says. A model of ours that is not on it was renamed, retired, or is not for this account. */
function offers(listed: readonly string[], endpoints: readonly string[]): string {
  const gone = endpoints.filter((endpoint) => !listed.includes(endpoint));
  if (gone.length === 0) return `${listed.length} models, all of ours among them`;
  throw new AppError(
    "PROVIDER_BAD_RESPONSE",
    `${listed.length} models, not among them: ${gone.join(", ")}`,
  );
}

function describeIssues({ issues }: z.ZodError): string {
  return issues.slice(0, 3).map(({ path, message }) =>
    `${path.join(".") || "the whole"}: ${message}`
  )
    .join("; ");
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
}
