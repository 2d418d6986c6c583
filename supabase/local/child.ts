/**
 * Processes of the stack, seen from the parent: a Deno script that is given its settings as one line of JSON
 * on standard input, answers with control lines, and ends when that input closes — also when the parent is
 * killed, because the system closes the pipe for it. The other side is `child_side.ts`.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TextLineStream } from "./lines.ts";

/** Begins a control line, so that anything a library prints is a log line and never an order. */
export const CONTROL_MARK = "\u0001";

/** The project's own directory: the one with `deno.json`. */
export const PROJECT_DIR: string = dirname(
  dirname(dirname(fileURLToPath(import.meta.url))),
);

/** How a child is started. */
export interface ChildOptions {
  /** File in this directory. */
  readonly script: string;
  /** Permission flags of Deno. */
  readonly permissions: readonly string[];
  /** The whole environment beyond what Deno itself needs to find its cache. */
  readonly env: Readonly<Record<string, string>>;
  /** The first line on its standard input, as JSON. */
  readonly settings: unknown;
  /** Takes each line it prints that is not a control line. */
  readonly onLine: (line: string) => void;
  /** Takes each control message. */
  readonly onMessage?: (message: Record<string, unknown>) => void;
}

/** A running child. */
export interface Child {
  /** Its process id. */
  readonly pid: number;
  /** Settles when the process is gone, however it ended. */
  readonly exited: Promise<void>;
  /** The first control message, or `undefined` when it ended before sending one. */
  readonly ready: Promise<Record<string, unknown> | undefined>;
  /** Sends one more line of JSON. Does nothing when the child is gone. */
  send(message: unknown): Promise<void>;
  /** Sends a signal. Does nothing when the child is gone. */
  kill(signal: Deno.Signal): void;
  /** Asks it to end by closing its input, and kills it when it has not within `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** Of the parent's environment a child gets only what Deno needs to find its cache and its registry. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "LOCALAPPDATA",
  "SYSTEMROOT",
  "TMPDIR",
  "TEMP",
  "DENO_DIR",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NPM_CONFIG_REGISTRY",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "XDG_CACHE_HOME",
];

/** Starts a child. It runs in a process group of its own, so Ctrl-C reaches the parent alone. */
export function startChild(options: ChildOptions): Child {
  const env: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--config",
      join(PROJECT_DIR, "deno.json"),
      ...options.permissions,
      join(PROJECT_DIR, "supabase", "local", options.script),
    ],
    cwd: PROJECT_DIR,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();

  const input = process.stdin.getWriter();
  const encoder = new TextEncoder();
  const send = (message: unknown) =>
    input.write(encoder.encode(`${JSON.stringify(message)}\n`)).catch(() => {});

  const first = Promise.withResolvers<Record<string, unknown> | undefined>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (!line.startsWith(CONTROL_MARK)) {
        options.onLine(line);
        continue;
      }
      const message: Record<string, unknown> = JSON.parse(line.slice(CONTROL_MARK.length));
      first.resolve(message);
      options.onMessage?.(message);
    }
  };
  const output = Promise.allSettled([read(process.stdout), read(process.stderr)]);
  let alive = true;
  const exited = process.status.then(async () => {
    alive = false;
    await output;
    await input.close().catch(() => {});
    first.resolve(undefined);
  });
  const kill = (signal: Deno.Signal) => {
    if (alive) process.kill(signal);
  };
  send(options.settings);

  return {
    pid: process.pid,
    exited,
    ready: first.promise,
    send,
    kill,
    async stop(graceMs = 2000) {
      await input.close().catch(() => {});
      const timer = setTimeout(() => kill("SIGKILL"), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
