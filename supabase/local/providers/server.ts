/**
 * The simulated providers behind one port: each on its own prefix with its own wire, their result files
 * below `/media`, and a control interface for tests below `/_control`.
 *
 * @module
 */
import { randomBytes, randomUUID } from "node:crypto";
import { type ControlOptions, handleControl, type Settings } from "./control.ts";
import { createFalSimulator } from "./fal.ts";
import { createFalSigner } from "./fal_webhooks.ts";
import { createFaultBook } from "./faults.ts";
import { createGeminiSimulator } from "./gemini.ts";
import { createGoogleTtsSimulator, serviceAccountJson } from "./google_tts.ts";
import { type HttpListener, listenHttp } from "./http_listener.ts";
import { createKieSimulator } from "./kie.ts";
import { createMediaStore, type MediaStore } from "./media_store.ts";
import { createOpenAiSimulator } from "./openai.ts";
import { createRenderPool, type RenderPool } from "./render_pool.ts";
import { createRunwaySimulator } from "./runway.ts";
import { createScriptBook } from "./scripts.ts";
import type { Simulator, SimulatorContext } from "./simulator.ts";
import type { LoggedDelivery } from "./webhook_sender.ts";

/** The log keeps the last so many calls, and a tenth as many webhooks. */
const MAX_LOGGED_CALLS = 10_000;

/** A logged body is cut here: a picture in base64 must not fill the log. */
const MAX_LOGGED_CHARS = 20_000;

/** About the real proportion, a tenth of the real time. */
const DEFAULT_RENDER_MS = { image: 400, video: 2_000 };

/** How the simulated providers are started. */
export interface ProvidersOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Takes one line for people when the server is up. */
  say?(line: string): void;
  /** How long rendering takes at least. Default 400 ms a picture, 2 s a clip. */
  readonly renderMs?: { readonly image: number; readonly video: number };
  /**
   * Names of the simulators to start (`fal`, `kie`, `runway`, `gemini`, `openai`, `google_tts`).
   * Default: all.
   */
  readonly selected?: readonly string[];
  /** Creates KIE takes in ten seconds before it answers 429. Default 20, as the real one. */
  readonly kieCreatesPer10s?: number;
  /** Tasks Runway runs at once before further ones wait. Default 5, as at its third tier. */
  readonly runwayConcurrentTasks?: number;
}

/** The running simulated providers. */
export interface Providers {
  /** Without a trailing slash. */
  readonly url: string;
  /** Environment variables that point the functions here, with keys made for this run. */
  readonly env: Readonly<Record<string, string>>;
  /** Closes the port, ends the workers and every webhook that is waiting. */
  stop(): Promise<void>;
}

/**
 * Starts the simulated providers. Ready in about 50 ms; the workers that draw and film start with their
 * first picture. Rejects when the port is taken, and with `RangeError` for an unknown name.
 *
 * ```ts
 * const providers = await startProviders({ port: 0, renderMs: { image: 0, video: 0 } });
 * const { KIE_BASE_URL, KIE_API_KEY } = providers.env;
 * await providers.stop();
 * ```
 */
export async function startProviders(options: ProvidersOptions): Promise<Providers> {
  const names = options.selected ?? Object.keys(FACTORIES);
  const unknown = names.find((name) => !Object.hasOwn(FACTORIES, name));
  if (unknown !== undefined) throw new RangeError(`Cannot simulate "${unknown}": no such provider`);

  const stopping = new AbortController();
  const renders = createRenderPool();
  const control = createControl(options);
  const host = options.host ?? "127.0.0.1";
  const routes = new Map<string, Route>([
    ["_control", (request, path) => handleControl(request, path, control)],
  ]);

  let listener: HttpListener;
  try {
    listener = await listenHttp({
      host,
      port: options.port,
      handle: async (request) => {
        const { pathname } = new URL(request.url);
        const [, prefix = ""] = pathname.split("/", 2);
        const path = pathname.slice(prefix.length + 1) || "/";
        return await routes.get(prefix)?.(request, path) ??
          Response.json({ error: "No such provider" }, { status: 404 });
      },
    });
  } catch (error) {
    await renders.stop();
    throw error;
  }

  const url = `http://${host}:${listener.port}`;
  const media = createMediaStore(url);
  routes.set("media", (request) => media.serve(request));
  const secrets = createSecrets();
  for (const name of names) {
    const context = createContext(name, { url, control, signal: stopping.signal });
    const simulator = FACTORIES[name]?.(context, {
      media,
      renders,
      secrets,
      control,
      runwayConcurrentTasks: options.runwayConcurrentTasks ?? 5,
    });
    if (simulator) routes.set(name, (request, path) => simulator.handle(request, path));
  }
  options.say?.(`Simulated providers (${names.join(", ")}): ${url}`);

  return {
    url,
    env: await environment(url, names, secrets),
    stop: async () => {
      stopping.abort();
      await Promise.all([listener.stop(), renders.stop()]);
    },
  };
}

/** Answers what is below a prefix. */
type Route = (request: Request, path: string) => Promise<Response> | Response;

/** What a simulator may need besides its context. */
interface Shared {
  readonly media: MediaStore;
  readonly renders: RenderPool;
  readonly secrets: Secrets;
  readonly control: ControlOptions;
  readonly runwayConcurrentTasks: number;
}

const FACTORIES: Readonly<
  Record<string, (context: SimulatorContext, shared: Shared) => Simulator>
> = {
  fal: (context, { media, renders, secrets, control }) =>
    createFalSimulator(context, {
      apiKey: secrets.falKey,
      signer: secrets.falSigner,
      media,
      renders,
      recordDelivery: (delivery) => logDelivery(control, { provider: "fal", ...delivery }),
    }),
  kie: (context, { media, renders, secrets, control }) =>
    createKieSimulator(context, {
      apiKey: secrets.kieKey,
      webhookKey: secrets.kieWebhookKey,
      createsPerTenSeconds: () => control.settings.kieCreatesPer10s,
      media,
      renders,
      recordDelivery: (delivery) => logDelivery(control, { provider: "kie", ...delivery }),
    }),
  runway: (context, { media, renders, secrets, runwayConcurrentTasks }) =>
    createRunwaySimulator(context, {
      apiKey: secrets.runwayKey,
      concurrentTasks: () => runwayConcurrentTasks,
      media,
      renders,
    }),
  gemini: (context, { renders }) =>
    createGeminiSimulator(context, (request) => renders.picture(request)),
  openai: createOpenAiSimulator,
  google_tts: createGoogleTtsSimulator,
};

/** Keys of one run: nothing that looks like a secret is in the code. */
interface Secrets {
  readonly falKey: string;
  readonly falSigner: ReturnType<typeof createFalSigner>;
  readonly kieKey: string;
  readonly kieWebhookKey: string;
  readonly runwayKey: string;
  readonly geminiKey: string;
  readonly openAiKey: string;
}

function createSecrets(): Secrets {
  const hex = (bytes: number) => randomBytes(bytes).toString("hex");
  return {
    falKey: `${randomUUID()}:${hex(16)}`,
    falSigner: createFalSigner(),
    kieKey: hex(16),
    kieWebhookKey: hex(32),
    runwayKey: `key_${hex(64)}`,
    geminiKey: `simulated-${hex(16)}`,
    openAiKey: `simulated-${hex(24)}`,
  };
}

async function environment(
  url: string,
  names: readonly string[],
  secrets: Secrets,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  if (names.includes("fal")) {
    env.FAL_QUEUE_URL = `${url}/fal`;
    env.FAL_KEY = secrets.falKey;
    env.FAL_JWKS_URL = `${url}/fal/.well-known/jwks.json`;
    env.FAL_WEBHOOK_USER_ID = secrets.falSigner.userId;
  }
  if (names.includes("kie")) {
    env.KIE_BASE_URL = `${url}/kie`;
    env.KIE_API_KEY = secrets.kieKey;
    env.KIE_WEBHOOK_HMAC_KEY = secrets.kieWebhookKey;
  }
  if (names.includes("runway")) {
    env.RUNWAY_BASE_URL = `${url}/runway`;
    env.RUNWAY_API_KEY = secrets.runwayKey;
  }
  if (names.includes("gemini")) {
    env.GEMINI_BASE_URL = `${url}/gemini`;
    env.GEMINI_API_KEY = secrets.geminiKey;
  }
  if (names.includes("openai")) {
    env.OPENAI_BASE_URL = `${url}/openai/v1`;
    env.OPENAI_API_KEY = secrets.openAiKey;
  }
  if (names.includes("google_tts")) {
    env.GOOGLE_TTS_BASE_URL = `${url}/google_tts`;
    env.GOOGLE_TTS_SERVICE_ACCOUNT_JSON = await serviceAccountJson(env.GOOGLE_TTS_BASE_URL);
  }
  return env;
}

function createControl(options: ProvidersOptions): ControlOptions {
  const initial: Settings = {
    renderMs: { ...(options.renderMs ?? DEFAULT_RENDER_MS) },
    kieCreatesPer10s: options.kieCreatesPer10s ?? 20,
  };
  return {
    faults: createFaultBook(),
    scripts: createScriptBook(),
    calls: [],
    webhooks: [],
    settings: structuredClone(initial),
    initial,
  };
}

function createContext(
  name: string,
  { url, control, signal }: {
    readonly url: string;
    readonly control: ControlOptions;
    readonly signal: AbortSignal;
  },
): SimulatorContext {
  return {
    url: `${url}/${name}`,
    get renderMs() {
      return control.settings.renderMs;
    },
    signal,
    takeStep: (body) => control.scripts.take(body),
    takeFault: (operation, body) => control.faults.take(name, operation, body),
    record: (call) => {
      const body = call.body.slice(0, MAX_LOGGED_CHARS);
      control.calls.push({ ...call, body, at: new Date().toISOString(), provider: name });
      // A tenth at a time: shifting by one on every call would copy the log each time.
      if (control.calls.length > MAX_LOGGED_CALLS * 1.1) {
        control.calls.splice(0, control.calls.length - MAX_LOGGED_CALLS);
      }
    },
  };
}

function logDelivery(control: ControlOptions, delivery: Omit<LoggedDelivery, "at">): void {
  control.webhooks.push({ ...delivery, at: new Date().toISOString() });
  if (control.webhooks.length > MAX_LOGGED_CALLS / 10) control.webhooks.shift();
}
