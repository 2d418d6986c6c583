/**
 * Serves one simulator on a free port, with a fault switch and a log of calls.
 *
 * @module
 */
import { createLog, type Log } from "../../supabase/functions/_shared/log.ts";
import { createFaultBook } from "../../supabase/local/providers/faults.ts";
import { listenHttp } from "../../supabase/local/providers/http_listener.ts";
import { createScriptBook, type Script } from "../../supabase/local/providers/scripts.ts";
import type {
  CreateSimulator,
  Fault,
  LoggedCall,
  Simulator,
} from "../../supabase/local/providers/simulator.ts";

/** A running simulator. */
export interface Served {
  /** Its base URL, without a trailing slash. */
  readonly url: string;
  /** What it was asked, oldest first. */
  readonly calls: Omit<LoggedCall, "at" | "provider">[];
  /** The adapter's log, one parsed line each. */
  readonly lines: Record<string, unknown>[];
  /** For the adapter; its lines end up in `lines`. */
  readonly log: Log;
  /** Plays a fault from now on. */
  fault(kind: string, more?: Partial<Fault>): void;
  /** Tells a model that talks what to do next. */
  direct(script: Script): void;
  /** Stops it and closes every connection. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a simulator under `http://127.0.0.1:<port>/<name>`. */
export async function serveSimulator(name: string, create: CreateSimulator): Promise<Served> {
  const faults = createFaultBook();
  const scripts = createScriptBook();
  const calls: Served["calls"] = [];
  const lines: Served["lines"] = [];
  const stop = new AbortController();
  const started = Promise.withResolvers<Simulator>();
  const listener = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    handle: async (request) =>
      await (await started.promise)
        .handle(request, new URL(request.url).pathname.slice(name.length + 1)),
  });
  const url = `http://127.0.0.1:${listener.port}/${name}`;
  started.resolve(create({
    url,
    renderMs: { image: 0, video: 0 },
    signal: stop.signal,
    record: (call) => void calls.push(call),
    takeStep: (body) => scripts.take(body),
    takeFault: (operation, body) => faults.take(name, operation, body),
  }));
  return {
    url,
    calls,
    lines,
    log: createLog({}, (line) => void lines.push(JSON.parse(line))),
    direct: (script) => scripts.add(script),
    fault: (kind, more = {}) => faults.add({ provider: name, kind, ...more }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await listener.stop();
    },
  };
}
