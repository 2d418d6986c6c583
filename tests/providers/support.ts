/**
 * What the tests of the fal and KIE adapters share: the simulated providers on a free port, their fault
 * switch, and a receiver of webhooks.
 *
 * @module
 */
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createLog, type Log } from "../../supabase/functions/_shared/log.ts";
import type {
  RenderStatus,
  RenderTask,
  SubmitOutcome,
} from "../../supabase/functions/_shared/providers/render.ts";
import { type ProvidersOptions, startProviders } from "../../supabase/local/providers/server.ts";
import type { Fault, LoggedCall } from "../../supabase/local/providers/simulator.ts";
import type { LoggedDelivery } from "../../supabase/local/providers/webhook_sender.ts";

/** The running simulated providers, as a test sees them. */
export interface TestProviders {
  readonly url: string;
  /** One variable of their environment. Throws when it is not set. */
  env(name: string): string;
  fault(fault: Fault): Promise<void>;
  calls(provider: string, operation?: string): Promise<LoggedCall[]>;
  webhooks(): Promise<LoggedDelivery[]>;
  /** No faults, empty logs. */
  reset(): Promise<void>;
  control(method: string, path: string, body?: unknown): Promise<Response>;
}

/** Runs a test against simulated providers that render as fast as they can. */
export async function withProviders(
  run: (providers: TestProviders) => Promise<void>,
  options: Partial<ProvidersOptions> = {},
): Promise<void> {
  const started = await startProviders({
    port: 0,
    renderMs: { image: 0, video: 0 },
    selected: ["fal", "kie"],
    kieCreatesPer10s: 1000,
    ...options,
  });
  const control = (method: string, path: string, body?: unknown) =>
    fetch(`${started.url}/_control${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const drain = async (answer: Promise<Response>) => {
    const response = await answer;
    const text = await response.text();
    if (!response.ok) throw new Error(`The control interface answered ${response.status}: ${text}`);
  };
  try {
    await run({
      url: started.url,
      env: (name) => {
        const value = started.env[name];
        if (value === undefined) throw new Error(`${name} is not set`);
        return value;
      },
      fault: (fault) => drain(control("POST", "/faults", fault)),
      calls: async (provider, operation) => {
        const query = new URLSearchParams({ provider, ...(operation ? { operation } : {}) });
        return (await (await control("GET", `/calls?${query}`)).json()).calls;
      },
      webhooks: async () => (await (await control("GET", "/webhooks")).json()).webhooks,
      reset: () => drain(control("POST", "/reset")),
      control,
    });
  } finally {
    await started.stop();
  }
}

/** A log that keeps its lines. */
export function memoryLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createLog({}, (line) => lines.push(line)), lines };
}

/** The task id of an accepted submit. Throws for any other outcome. */
export function acceptedId(outcome: SubmitOutcome): string {
  if (outcome.outcome === "accepted") return outcome.externalTaskId;
  throw new Error(`The submit was ${describeOutcome(outcome)}`);
}

/** `<outcome>` or `<outcome> <code>`, for tables. */
export function describeOutcome(outcome: SubmitOutcome): string {
  return "error" in outcome ? `${outcome.outcome} ${outcome.error.code}` : outcome.outcome;
}

/** Looks until a task ends. Rejects as `status` does, and after 20 s. */
export async function untilEnded(
  renderer: { status(task: RenderTask): Promise<RenderStatus> },
  task: RenderTask,
): Promise<Exclude<RenderStatus, { state: "rendering" }>> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const status = await renderer.status(task);
    if (status.state !== "rendering") return status;
    if (Date.now() > deadline) throw new Error("The task does not end");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `<state>`, or `failed <code>`, or `threw <code>`: how one look goes, for tables. */
export async function describeLook(look: Promise<RenderStatus>): Promise<string> {
  try {
    const status = await look;
    return status.state === "failed" ? `failed ${status.error.code}` : status.state;
  } catch (error) {
    if (error instanceof AppError) return `threw ${error.code}`;
    throw error;
  }
}

/** A webhook as it came. */
export interface ReceivedWebhook {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A receiver of webhooks on a free port. */
export interface WebhookSink {
  readonly url: string;
  readonly received: ReceivedWebhook[];
  /** Resolves when so many have come; rejects after 20 s. */
  wait(count: number): Promise<readonly ReceivedWebhook[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a receiver that answers every webhook with `status`. */
export function startWebhookSink(status = 200): WebhookSink {
  const received: ReceivedWebhook[] = [];
  const waiting = new Set<() => void>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      received.push({
        headers: request.headers,
        body: new Uint8Array(await request.arrayBuffer()),
      });
      for (const wake of waiting) wake();
      return Response.json({ code: 200, msg: "success" }, { status });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/hook?t=secret`,
    received,
    wait: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`No ${count} webhooks came`)), 20_000);
        const check = () => {
          if (received.length < count) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(received);
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
