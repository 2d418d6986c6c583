/**
 * What every function stands on, made once per isolate on its first request.
 *
 * @module
 */
import { type Authenticate, createAuthenticate } from "./authenticate.ts";
import { readPlatformEnv } from "./env.ts";
import { createLog, type Log } from "./log.ts";

/** Given to the pipeline. */
export interface Services {
  /** Where lines go. */
  readonly log: Log;
  /** Lets callers in. */
  readonly authenticate: Authenticate;
  /** Base URL of the project as clients and providers reach it. */
  readonly supabaseUrl: string;
  /** Bucket of all media. */
  readonly storageBucket: string;
  /** Lets work go on after the answer, within the worker's wall clock and CPU. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

let made: Services | undefined;

/** The platform's own. Reads the environment on first use. */
export function platformServices(): Services {
  made ??= {
    log: createLog(),
    authenticate: createAuthenticate(),
    ...readPlatformEnv(),
    waitUntil: (work) => {
      const runtime = Reflect.get(globalThis, "EdgeRuntime") as
        | { waitUntil(work: Promise<unknown>): void }
        | undefined;
      // Plain Deno has no such global and simply goes on.
      runtime?.waitUntil(work);
    },
  };
  return made;
}
