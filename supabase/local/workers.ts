/**
 * The function workers: some processes that can each run every function, the least busy first. One that
 * dies is replaced; one that hangs or is stopped gets no requests while another is well.
 *
 * @module
 */
import { isNeverSent } from "../functions/_shared/outbound.ts";
import { type Child, startChild } from "./child.ts";
import { platformError } from "./platform_error.ts";
import { type Say, StackError } from "./say.ts";

/** How the workers are started. */
export interface WorkersOptions {
  /** How many processes. */
  readonly count: number;
  /** Folder with a folder for each function. */
  readonly functionsDir: string;
  /** The whole environment a function sees. Secrets among it. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes each line a function prints, as one JSON object. */
  readonly onLog: (line: string) => void;
  /** Told of workers that ended by themselves. */
  readonly say: Say;
  /** Told of every process that starts or ends. */
  readonly onChange?: () => void;
}

/** One call of a function. Its body is passed as it came, because a `Request` made of it is three times slower. */
export interface FunctionCall {
  /** HTTP method. */
  readonly method: string;
  /** Begins with `/` and the function's name; with the query. */
  readonly path: string;
  /** As the function sees them. */
  readonly headers: Headers;
  /** Null for none. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** The call is given up when no headers have come after this. */
  readonly idleTimeoutMs: number;
}

/** The running workers. */
export interface Workers {
  /** Processes that run now, those that only finish what they have included. */
  pids(): number[];
  /** Has a function called. Never rejects. */
  call(call: FunctionCall): Promise<Response>;
  /** Replaces every worker by a fresh one; requests under way finish on the old ones. */
  reload(): Promise<void>;
  /** Ends all of them and waits until they are gone. */
  stop(): Promise<void>;
}

interface Worker {
  readonly child: Child;
  url: string | undefined;
  busy: number;
  beatAtMs: number;
}

/** No heartbeat for this long, four in a row, means stopped or stuck in one long computation. */
const STALLED_MS = 2000;
/** First and longest pause before a dead worker is replaced; doubled while they die at once. */
const RESPAWN_MS = { first: 100, longest: 5000 };
/** A worker that lived this long did not die at once. */
const HEALTHY_MS = 10_000;
/** How long replaced workers may finish what they have: the platform's longest request. */
const DRAIN_MS = 150_000;
/** Bodies up to this size are kept until a worker has taken them, so they can be sent to another one. */
const KEPT_BODY_BYTES = 1024 * 1024;
/** How long a request waits for a worker when none runs: a respawn and its start. */
const WAIT_FOR_WORKER_MS = 5000;

/**
 * What the platform lets a function do: network, environment, reading its own files and `/tmp`. Neither
 * subprocesses nor foreign libraries. Source: https://supabase.com/docs/guides/functions/limits
 */
const PERMISSIONS = [
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-sys",
  "--allow-import",
  "--allow-write=/tmp",
];

/** Starts the workers and waits until all of them listen. Errors: {@link StackError} when one cannot. */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  /** Those that get requests. */
  let workers: Worker[] = [];
  /** Those that run, the ones that only finish what they have included. */
  const running = new Set<Child>();
  let stopping = false;
  let pauseMs = RESPAWN_MS.first;
  let turn = 0;
  const arrivals = new Set<() => void>();

  const spawn = (): Worker => {
    const startedAtMs = Date.now();
    const child = startChild({
      script: "worker.ts",
      permissions: PERMISSIONS,
      env: options.env,
      settings: { functionsDir: options.functionsDir },
      onLine: (line) => options.onLog(asJson(line, child.pid)),
      onMessage: (message) => {
        worker.beatAtMs = Date.now();
        if (typeof message.port !== "number") return;
        worker.url = `http://127.0.0.1:${message.port}`;
        for (const arrived of arrivals) arrived();
      },
    });
    const worker: Worker = { child, url: undefined, busy: 0, beatAtMs: startedAtMs };
    workers.push(worker);
    running.add(child);
    options.onChange?.();
    child.exited.then(async () => {
      const wanted = workers.includes(worker);
      running.delete(child);
      workers = workers.filter((one) => one !== worker);
      options.onChange?.();
      if (!wanted || stopping) return;
      pauseMs = Date.now() - startedAtMs > HEALTHY_MS
        ? RESPAWN_MS.first
        : Math.min(pauseMs * 2, RESPAWN_MS.longest);
      options.say(`Function worker ${child.pid} ended; starting another`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (!stopping) spawn();
    });
    return worker;
  };

  const choose = (avoid: ReadonlySet<Worker>): Worker | undefined => {
    turn += 1;
    const listening = workers.filter((one) => one.url !== undefined && !avoid.has(one));
    const well = listening.filter((one) => Date.now() - one.beatAtMs < STALLED_MS);
    const usable = well.length > 0 ? well : listening;
    const least = Math.min(...usable.map((one) => one.busy));
    const idlest = usable.filter((one) => one.busy === least);
    return idlest[turn % idlest.length];
  };

  const waitForOne = async (avoid: ReadonlySet<Worker>): Promise<Worker | undefined> => {
    const until = Date.now() + WAIT_FOR_WORKER_MS;
    for (;;) {
      const chosen = choose(avoid);
      if (chosen !== undefined || stopping || Date.now() > until) return chosen;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          arrivals.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 500);
        arrivals.add(done);
      });
    }
  };

  const start = async (count: number): Promise<void> => {
    const started = Array.from({ length: count }, spawn);
    const ready = await Promise.all(started.map((one) => one.child.ready));
    if (ready.includes(undefined) && !stopping) {
      throw new StackError("Cannot start a function worker: its process ended; see functions.log");
    }
  };
  // On a kept connection that breaks, fetch sends the request again by itself: a killed worker's request
  // would begin a second time on the next worker.
  const unpooled = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const stop = async () => {
    stopping = true;
    for (const arrived of arrivals) arrived();
    await Promise.all([...running].map((child) => child.stop()));
    unpooled.close();
  };
  try {
    await start(options.count);
  } catch (cause) {
    await stop();
    throw cause;
  }

  return {
    pids: () => [...running].map((child) => child.pid),
    async call({ method, path, headers, body, idleTimeoutMs }) {
      const size = Number(headers.get("content-length") ?? (body ? Infinity : 0));
      const kept = size <= KEPT_BODY_BYTES;
      // A caller who hangs up half-way through a body never sees the answer to it.
      const sent = kept && body ? await new Response(body).bytes().catch(() => undefined) : body;
      if (sent === undefined) return new Response(null, { status: 400 });
      const tried = new Set<Worker>();
      for (;;) {
        const worker = await waitForOne(tried);
        if (worker?.url === undefined) return platformError("SERVICE_UNAVAILABLE");
        tried.add(worker);
        worker.busy += 1;
        const timeout = new AbortController();
        const timer = setTimeout(() => timeout.abort(), idleTimeoutMs);
        try {
          const request = { method, headers, body: sent, signal: timeout.signal };
          return await fetch(`${worker.url}${path}`, {
            ...request,
            redirect: "manual",
            client: unpooled,
          });
        } catch (cause) {
          if (timeout.signal.aborted) return platformError("IDLE_TIMEOUT");
          if (!isNeverSent(cause) || !kept) return platformError("WORKER_ERROR");
        } finally {
          worker.busy -= 1;
          clearTimeout(timer);
        }
      }
    },
    async reload() {
      const old = workers;
      workers = [];
      await start(options.count);
      for (const { child } of old) {
        child.send({ drain: true });
        const timer = setTimeout(() => child.kill("SIGKILL"), DRAIN_MS);
        Deno.unrefTimer(timer);
        child.exited.then(() => clearTimeout(timer));
      }
    },
    stop,
  };
}

/** A line as one JSON object: the function's own, or its text in one of ours. */
function asJson(line: string, pid: number): string {
  if (line.startsWith("{") && line.endsWith("}")) return line;
  return JSON.stringify({ at: new Date().toISOString(), level: "info", event: "print", pid, line });
}
