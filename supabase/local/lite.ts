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
  /** Its process. */
  readonly child: Child;
  /**
   * Connects to the database, makes the schemas `auth` and `storage` when they are missing, and serves.
   * Gives the base URL, for the gateway only. Errors: {@link StackError} with the last lines it printed.
   */
  serve(settings: LiteSettings): Promise<string>;
}

/** Starts the process, which loads its libraries meanwhile. Nothing is served before {@link Lite.serve}. */
export function startLite(onLine: (line: string) => void): Lite {
  const last: string[] = [];
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
  return {
    child,
    async serve(settings) {
      await child.send(settings);
      const ready = await child.ready;
      if (ready === undefined) {
        throw new StackError(
          `Cannot start the API: its process ended; it said: ${last.join(" / ")}`,
        );
      }
      return `http://127.0.0.1:${ready.port}`;
    },
  };
}
