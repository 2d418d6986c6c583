/**
 * What every simulated provider is: a function from a request on the provider's wire to its answer, with
 * a fault switch and a log that tests can read.
 *
 * @module
 */

import type { ScriptStep } from "./scripts.ts";

/** A fault to play instead of, or on top of, the usual answer. Each simulator documents those it knows. */
export interface Fault {
  /** Which simulator: `kie`, `fal`, `gemini`, `google_tts`. */
  readonly provider: string;
  /** Which call, such as `create_task`; absent means every call of the provider. */
  readonly operation?: string;
  /**
   * What happens, such as `http_500`, `rate_limited`, `hang`, `drop_after_accept`, `garbage`, `refuse`,
   * `empty_file`, `truncated_file`, `endless`, `duplicate_webhook`, `late_webhook`, `no_webhook`.
   */
  readonly kind: string;
  /** How many more calls it applies to; absent means until cleared. */
  readonly times?: number;
  /** Applies only to calls whose body contains this text: so one scene of many can fail. */
  readonly matching?: string;
  /** For faults that take time. */
  readonly delayMs?: number;
}

/** One call a simulator received. */
export interface LoggedCall {
  readonly at: string;
  readonly provider: string;
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** Request body as text, cut at 20,000 characters; headers are not kept. */
  readonly body: string;
  readonly status: number;
  /** The fault that was played, or null. */
  readonly fault: string | null;
  /** The task the call made or asked about, or null. */
  readonly taskId: string | null;
  /** Which key it came with, as eight hex digits of its SHA-256. Absent where one key is all there is. */
  readonly keyHash?: string;
}

/** What a simulator is given. */
export interface SimulatorContext {
  /** Its own base URL as others reach it, without a trailing slash: `http://127.0.0.1:54329/kie`. */
  readonly url: string;
  /** How long rendering takes here. */
  readonly renderMs: { readonly image: number; readonly video: number };
  /** Takes the first fault that applies to this call, counting it down; null when there is none. */
  takeFault(operation: string, body: string): Fault | null;
  /** Takes what a script has the model say next to this request; null when no script applies. */
  takeStep(body: string): ScriptStep | null;
  /** Called once per request that reached the provider's API (media downloads are not logged). */
  record(call: Omit<LoggedCall, "at" | "provider">): void;
  /** Aborted when the stack stops: timers and webhooks must end. */
  readonly signal: AbortSignal;
}

/** A simulated provider. */
export interface Simulator {
  readonly name: string;
  /** `path` is the request's path below the simulator's base URL, beginning with `/`. */
  handle(request: Request, path: string): Promise<Response>;
}

/** Makes a simulator for a context. */
export type CreateSimulator = (context: SimulatorContext) => Simulator;
