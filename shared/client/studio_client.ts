/**
 * The studio as a client sees it: operations with types, keys and retries; rows to watch.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import {
  type OperationName,
  type OperationRequest,
  type OperationResponse,
  OPERATIONS,
} from "../contract/operations.ts";
import { isJobEnded, type JobState } from "../contract/statuses.ts";
import { readStudioError, StudioError } from "./studio_error.ts";

/** Operations a user may call. */
export type UserOperation = {
  [Name in OperationName]: (typeof OPERATIONS)[Name]["caller"] extends "user" ? Name : never;
}[OperationName];

/** A row of `jobs`. */
export type JobRow = Database["public"]["Tables"]["jobs"]["Row"];

/** Options of one call. */
export interface CallOptions {
  /** Names the click: give the same one to try the same click again. Default: a new UUID. */
  readonly idempotencyKey?: string;
  /** Tries in all, for lost connections and retryable answers. Default 4. */
  readonly attempts?: number;
  /** Ends the waiting and the call. */
  readonly signal?: AbortSignal;
}

/** Where the functions are, and whose rights to use. */
export interface StudioClientConfig {
  /** Signed in: its session's token is sent. */
  readonly supabase: SupabaseClient<Database>;
  /** Base URL of the project. */
  readonly url: string;
  /** The publishable key. */
  readonly publishableKey: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** Calls the studio. */
export class StudioClient {
  /** For reads and writes through the Data API, with the same session. */
  readonly supabase: SupabaseClient<Database>;
  readonly #config: StudioClientConfig;

  /** Makes a client. Calls nothing yet. */
  constructor(config: StudioClientConfig) {
    this.supabase = config.supabase;
    this.#config = config;
  }

  /**
   * Calls an operation. One call is one click: every try carries the same Idempotency-Key, so a lost
   * answer costs nothing twice. Throws {@link StudioError}.
   *
   * ```ts
   * const { project, scenes } = await studio.call("generate-script", { prompt: "A shy robot dances" });
   * ```
   */
  async call<Name extends UserOperation>(
    name: Name,
    body: OperationRequest<Name>,
    options: CallOptions = {},
  ): Promise<OperationResponse<Name>> {
    const key = options.idempotencyKey ?? crypto.randomUUID();
    const attempts = options.attempts ?? 4;
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#once(name, body, key, options.signal);
      } catch (error) {
        if (!(error instanceof StudioError) || !error.mayRetry || attempt >= attempts) throw error;
        await pause((error.retryAfterSeconds ?? 2 ** (attempt - 1)) * 1000, options.signal);
      }
    }
  }

  /** Reads jobs by id, in no order. */
  async jobs(ids: readonly string[]): Promise<JobRow[]> {
    const { data, error } = await this.supabase.from("jobs").select("*").in("id", [...ids]);
    if (error !== null) throw new StudioError("INTERNAL", error.message, { cause: error });
    return data;
  }

  /**
   * Watches jobs until all have ended, and gives them. Does not throw for failed ones: `error` is on the row.
   *
   * @param onChange called with all rows after each look
   */
  async watch(ids: readonly string[], options: {
    onChange?: (jobs: readonly JobRow[]) => void;
    /** Between looks. Default 500 ms. */
    intervalMs?: number;
    signal?: AbortSignal;
  } = {}): Promise<JobRow[]> {
    while (true) {
      const jobs = await this.jobs(ids);
      options.onChange?.(jobs);
      if (jobs.length === ids.length && jobs.every((job) => isJobEnded(job.state as JobState))) {
        return jobs;
      }
      await pause(options.intervalMs ?? 500, options.signal);
    }
  }

  async #once<Name extends UserOperation>(
    name: Name,
    body: OperationRequest<Name>,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<OperationResponse<Name>> {
    const { data } = await this.supabase.auth.getSession();
    const token = data.session?.access_token ?? "";
    let response: Response;
    try {
      response = await (this.#config.fetch ?? fetch)(`${this.#config.url}/functions/v1/${name}`, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${token}`,
          apikey: this.#config.publishableKey,
          "Content-Type": "application/json",
          ...(OPERATIONS[name].spends ? { "Idempotency-Key": key } : {}),
        },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new StudioError("NETWORK", `Cannot reach ${name}`, { cause });
    }
    if (!response.ok) throw await readStudioError(response);
    try {
      return await response.json();
    } catch (cause) {
      if (signal?.aborted) throw cause;
      // It was done, and the same key will tell what came of it.
      throw new StudioError("NETWORK", `Cannot read the answer of ${name}: it broke off`, {
        cause,
      });
    }
  }
}

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
