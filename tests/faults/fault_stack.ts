/**
 * A stack of its own to be broken: three workers, quick simulated renders behind the door, an audit of what
 * is written, and everything gone afterwards.
 *
 * @module
 */
import "../../supabase/local/driver_fix.ts";
import { join } from "node:path";
import { kill } from "node:process";
import { isAlive } from "../../supabase/local/process_alive.ts";
import postgres from "postgres";
import { PROJECT_DIR } from "../../supabase/local/child.ts";
import type { Fault, LoggedCall } from "../../supabase/local/providers/simulator.ts";
import type { LoggedDelivery } from "../../supabase/local/providers/webhook_sender.ts";
import { type Stack, startStack } from "../../supabase/local/stack.ts";
import { installAudit } from "./audit.ts";
import { type Door, openDoor } from "./door.ts";
import { pause } from "./until.ts";

/** What fault tests work with. */
export interface FaultStack {
  readonly stack: Stack;
  readonly door: Door;
  /** Whether the stack's own cron ticks, every 10 s. */
  readonly hasCron: boolean;
  /** The database's owner. Queries fail while the database is down: see {@link FaultStack.query}. */
  readonly sql: postgres.Sql;
  /** Runs a query again until the database has come back. For what may be repeated. */
  query<Result>(run: (sql: postgres.Sql) => Promise<Result>): Promise<Result>;
  setFault(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;
  /** The simulators' own log of calls. */
  calls(provider: string, operation: string): Promise<LoggedCall[]>;
  /** The simulators' own log of webhooks. */
  webhooks(): Promise<LoggedDelivery[]>;
  /** The functions' log lines so far. */
  readonly logs: readonly string[];
  stop(): Promise<void>;
}

/** How it is started. */
export interface FaultStackOptions {
  /** Default 3. */
  readonly workers?: number;
  /** False: nobody ticks but the test. */
  readonly cron?: boolean;
  /** Default 150 ms a picture, 600 ms a clip. */
  readonly renderMs?: { readonly image: number; readonly video: number };
}

/** As quick as leaves each step to be seen. */
const RENDER_MS = { image: 150, video: 600 };

/** A database that was killed is back within seconds; a minute means that it is not coming. */
const DATABASE_BACK_MS = 60_000;

let started = 0;

/** Starts one on free ports in a folder of its own below `.local`. */
export async function startFaultStack(options: FaultStackOptions = {}): Promise<FaultStack> {
  const local = join(PROJECT_DIR, ".local");
  await sweep(local);
  started += 1;
  const dir = join(local, `faults-${Deno.pid}-${started}`);
  const door = await openDoor();
  const logs: string[] = [];
  let stack: Stack;
  try {
    stack = await startStack({
      dir,
      ports: { api: 0, postgres: 0, providers: 0 },
      workers: options.workers ?? 3,
      ...(options.cron === undefined ? {} : { cron: options.cron }),
      env: {
        KIE_BASE_URL: `${door.url}/kie`,
        FAL_QUEUE_URL: `${door.url}/fal`,
        GEMINI_BASE_URL: `${door.url}/gemini`,
        GOOGLE_TTS_BASE_URL: `${door.url}/google_tts`,
      },
      onLog: (line) => logs.push(line),
    });
  } catch (error) {
    await door.stop();
    await remove(dir);
    throw error;
  }
  door.open({ url: stack.providers.url, workerPids: () => stack.workers.pids() });
  const sql = postgres(stack.databaseUrl, { max: 8, onnotice: () => {}, connect_timeout: 5 });
  await installAudit(sql);

  const control = async (path: string, init?: RequestInit): Promise<unknown> => {
    const response = await fetch(`${stack.providers.url}/_control${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`Cannot ask the simulators ${path}: ${response.status}`);
    return text === "" ? null : JSON.parse(text);
  };
  const asJson = (value: unknown) => ({ body: JSON.stringify(value) });
  await control("/render_ms", { method: "PUT", ...asJson(options.renderMs ?? RENDER_MS) });

  return {
    stack,
    door,
    hasCron: options.cron !== false,
    sql,
    logs,
    query: async (run) => {
      for (const until = Date.now() + DATABASE_BACK_MS;;) {
        try {
          return await run(sql);
        } catch (error) {
          if (!isDown(error) || Date.now() > until) throw error;
          await pause(100);
        }
      }
    },
    setFault: async (fault) => void await control("/faults", { method: "POST", ...asJson(fault) }),
    clearFaults: async () => void await control("/faults", { method: "DELETE" }),
    calls: async (provider, operation) => {
      const path = `/calls?provider=${provider}&operation=${operation}`;
      return (await control(path) as { calls: LoggedCall[] }).calls;
    },
    webhooks: async () => (await control("/webhooks") as { webhooks: LoggedDelivery[] }).webhooks,
    stop: async () => {
      // A worker that is stopped can't end by itself.
      for (const pid of stack.workers.pids()) signal(pid, "SIGCONT");
      await sql.end({ timeout: 1 });
      await stack.stop();
      await door.stop();
      await remove(dir);
    },
  };
}

/** Sends a signal. False: the process has ended. */
export function signal(pid: number, name: Deno.Signal): boolean {
  try {
    kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Tells failures of a database that is down or coming back from all others. */
function isDown(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // 57P0x: shutting down, crashed, starting; 08xxx and the driver's own: the connection.
  return /^(57P0\d|08\d{3}|CONNECT|ECONN|EPIPE|57014)/.test(code);
}

/** Removes what a killed run left behind. */
async function sweep(local: string): Promise<void> {
  await Deno.mkdir(local, { recursive: true });
  for await (const { name } of Deno.readDir(local)) {
    const pid = Number(/^faults-(\d+)-\d+$/.exec(name)?.[1]);
    if (!Number.isNaN(pid) && pid !== Deno.pid && !isAlive(pid)) await remove(join(local, name));
  }
}

async function remove(dir: string): Promise<void> {
  await Deno.remove(dir, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
