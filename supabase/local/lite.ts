/**
 * Auth, the Data API and Storage of the stack, as a child process.
 *
 * @module
 */
import { type Child, startChild } from "./child.ts";
import type { ProjectConfig } from "./project_config.ts";
import { StackError } from "./say.ts";

/** What the API needs to know. Secrets among them. */
export interface LiteSettings extends Omit<ProjectConfig, "functions"> {
  /** Of the superuser. */
  readonly databaseUrl: string;
  /** Signs and reads the HS256 tokens between gateway and API. */
  readonly innerSecret: string;
  /** API key of clients. */
  readonly publishable: string;
  /** API key of servers; secret. */
  readonly secret: string;
  /** Folder for the bytes of stored objects. */
  readonly storageDir: string;
}

/**
 * Carries the inner token of a user to Data API and Storage, beside the publishable key. In `Authorization`
 * lite would look the user and the session up before each call, by four more round trips, and would not use
 * what it finds; the platform does not look either.
 */
export const VERIFIED_TOKEN = "x-verified-token";

/** The API while it starts and runs. */
export interface Lite {
  /** Its process; another one after it died. */
  readonly pid: number;
  /** Base URL, for the gateway only; another one after it died. Empty until it serves. */
  readonly url: string;
  /**
   * Connects to the database, makes the schemas `auth` and `storage` when they are missing, and serves. A
   * process that dies afterwards is replaced. Errors: {@link StackError} with the last lines it printed.
   */
  serve(settings: LiteSettings): Promise<void>;
  /** Kills the process: another one takes its place. For when what it is connected to was killed. */
  replace(): void;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** How it is started. */
export interface LiteOptions {
  /** Takes each line it prints. */
  readonly onLine: (line: string) => void;
  /** Told of each process as it starts. */
  readonly onStart: (pid: number) => void;
}

/** A process that can't connect, because the database is down too, dies at once: so long until the next. */
const RESTART_PAUSE_MS = 300;

/** Starts the process, which loads its libraries meanwhile. Nothing is served before {@link Lite.serve}. */
export function startLite({ onLine, onStart }: LiteOptions): Lite {
  const last: string[] = [];
  const start = (): Child => {
    const child = startChild({
      script: "lite_child.ts",
      permissions: ["-A"],
      env: { EXPERIMENTAL_STORAGE: "1", LITE_TELEMETRY: "0" },
      settings: null,
      onLine: (line) => {
        last.push(line);
        if (last.length > 5) last.shift();
        onLine(line);
      },
    });
    onStart(child.pid);
    return child;
  };
  let child = start();
  let url = "";
  let stopping = false;
  /** False: it ended before it could serve. */
  const open = async (settings: LiteSettings): Promise<boolean> => {
    await child.send(settings);
    const ready = await child.ready;
    if (ready === undefined) return false;
    url = `http://127.0.0.1:${ready.port}`;
    return true;
  };
  // When its server is killed, the driver (postgres.js 3.4.9) may throw where nobody can catch it, or leave a
  // transaction's query without an answer for ever. A new process is as good, and whoever waited is told.
  const keep = async (settings: LiteSettings): Promise<void> => {
    while (true) {
      await child.exited;
      if (stopping) return;
      onLine("The API has ended by itself; starting it again");
      await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
      if (stopping) return;
      child = start();
      await open(settings);
    }
  };
  return {
    get pid() {
      return child.pid;
    },
    get url() {
      return url;
    },
    async serve(settings) {
      if (!await open(settings)) {
        throw new StackError(
          `Cannot start the API: its process ended; it said: ${last.join(" / ")}`,
        );
      }
      void keep(settings);
    },
    replace() {
      child.kill("SIGKILL");
    },
    stop() {
      stopping = true;
      return child.stop();
    },
  };
}
