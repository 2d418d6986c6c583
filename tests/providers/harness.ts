/**
 * Serves one simulator on a free port, with a fault switch and a log of calls.
 *
 * @module
 */
import { createLog, type Log } from "../../supabase/functions/_shared/log.ts";
import type {
  CreateSimulator,
  Fault,
  LoggedCall,
} from "../../supabase/local/providers/simulator.ts";

/** A running simulator. */
export interface Served {
  /** Its base URL, without a trailing slash. */
  readonly url: string;
  /** What it was asked, oldest first. */
  readonly calls: Omit<LoggedCall, "at" | "provider">[];
  /** The adapter's log, one parsed line each. */
  readonly lines: Record<string, unknown>[];
  readonly log: Log;
  /** Plays a fault from now on. */
  fault(kind: string, more?: Partial<Fault>): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a simulator under `http://127.0.0.1:<port>/<name>`. */
export function serveSimulator(name: string, create: CreateSimulator): Served {
  const faults: { fault: Fault; left: number }[] = [];
  const calls: Served["calls"] = [];
  const lines: Served["lines"] = [];
  const stop = new AbortController();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    return simulator.handle(request, `${pathname.slice(name.length + 1)}${search}`);
  });
  const url = `http://127.0.0.1:${server.addr.port}/${name}`;
  const simulator = create({
    url,
    renderMs: { image: 0, video: 0 },
    signal: stop.signal,
    record: (call) => void calls.push(call),
    takeFault(operation, body) {
      const found = faults.find(({ fault, left }) =>
        left > 0 && (fault.operation ?? operation) === operation &&
        body.includes(fault.matching ?? "")
      );
      if (found === undefined) return null;
      found.left--;
      return found.fault;
    },
  });
  return {
    url,
    calls,
    lines,
    log: createLog({}, (line) => void lines.push(JSON.parse(line))),
    fault(kind, more = {}) {
      faults.push({ fault: { provider: name, kind, ...more }, left: more.times ?? Infinity });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.shutdown();
    },
  };
}
