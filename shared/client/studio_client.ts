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

/** Operations a user may call, answered with JSON. */
export type UserOperation = {
  [Name in OperationName]: (typeof OPERATIONS)[Name] extends { produces: string } ? never
    : (typeof OPERATIONS)[Name]["caller"] extends "user" ? Name
    : never;
}[OperationName];

/** Operations a user may call, answered with a file. */
export type FileOperation = {
  [Name in OperationName]: (typeof OPERATIONS)[Name] extends { produces: string } ? Name : never;
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

/** What is sent to an operation. */
interface Message {
  readonly body: string | Blob | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  /** With its question mark. */
  readonly query?: string;
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
    return await this.#repeat(name, {
      body: JSON.stringify(body),
      headers: {
        "Content-Type": "application/json",
        ...(OPERATIONS[name].spends ? { "Idempotency-Key": key } : {}),
      },
    }, options);
  }

  /**
   * Sends a picture of the user's own, below 10 MB. Without a project one is made. Costs nothing, and the same
   * picture again gives the same row. Throws {@link StudioError}.
   *
   * ```ts
   * const { image_asset, project } = await studio.uploadImage(file);
   * await studio.call("generate-video", {
   *   project_id: project.id, image_ids: [image_asset.id], preset: "hip-hop",
   * });
   * ```
   *
   * @param picture a `File` or `Blob` with its type, or bytes
   */
  async uploadImage(
    picture: Blob | Uint8Array<ArrayBuffer>,
    options: Omit<CallOptions, "idempotencyKey"> & { readonly projectId?: string } = {},
  ): Promise<Extract<OperationResponse<"upload-image">, { is_new: boolean }>> {
    const type = picture instanceof Uint8Array ? "" : picture.type;
    const { projectId } = options;
    return await this.#repeat("upload-image", {
      body: picture,
      // The bytes say what it is; this only says that it is a picture.
      headers: { "Content-Type": /^image\/(png|webp)$/.test(type) ? type : "image/jpeg" },
      query: projectId === undefined ? "" : `?project_id=${encodeURIComponent(projectId)}`,
    }, options);
  }

  /**
   * Sends music for a project's films: an mp3, up to 20 MB. Costs nothing, and the same file again gives the same URL.
   * Throws {@link StudioError}.
   *
   * ```ts
   * const { music } = await studio.uploadAudio(file, { projectId: project.id });
   * await studio.call("stitch-video", { project_id: project.id, music: { url: music.url } });
   * ```
   */
  async uploadAudio(
    track: Blob | Uint8Array<ArrayBuffer>,
    options: Omit<CallOptions, "idempotencyKey"> & { readonly projectId: string },
  ): Promise<OperationResponse<"upload-audio">> {
    return await this.#repeat("upload-audio", {
      body: track,
      headers: { "Content-Type": "audio/mpeg" },
      query: `?project_id=${encodeURIComponent(options.projectId)}`,
    }, options);
  }

  async #repeat<Answer>(
    name: UserOperation,
    message: Message,
    options: CallOptions,
  ): Promise<Answer> {
    const attempts = options.attempts ?? 4;
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#once(name, message, options.signal);
      } catch (error) {
        if (!(error instanceof StudioError) || !error.mayRetry || attempt >= attempts) throw error;
        await pause((error.retryAfterSeconds ?? 2 ** (attempt - 1)) * 1000, options.signal);
      }
    }
  }

  /**
   * Calls an operation that answers with a file, once, and gives the answer with its body still to be read: pipe it
   * to a file. A body that breaks off throws where it is read. Throws {@link StudioError}.
   */
  async download<Name extends FileOperation>(
    name: Name,
    body: OperationRequest<Name>,
    { signal }: Pick<CallOptions, "signal"> = {},
  ): Promise<Response> {
    return await this.#send(name, {
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    }, signal);
  }

  /** Reads jobs by id, in no order. */
  async jobs(ids: readonly string[]): Promise<JobRow[]> {
    const { data, error } = await this.supabase.from("jobs").select("*").in("id", [...ids]);
    if (error !== null) throw new StudioError("INTERNAL", error.message, { cause: error });
    return data;
  }

  /**
   * Watches jobs until all have ended, and gives them. Does not throw for failed ones: `error` is on the row.
   * Jobs that are out of sight, because their project was deleted, have ended too and are left out.
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
      if (jobs.every((job) => isJobEnded(job.state as JobState))) {
        return jobs;
      }
      await pause(options.intervalMs ?? 500, options.signal);
    }
  }

  async #once<Answer>(
    name: UserOperation,
    message: Message,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const response = await this.#send(name, message, signal);
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

  async #send(
    name: OperationName,
    { body, headers, query = "" }: Message,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const { data } = await this.supabase.auth.getSession();
    const token = data.session?.access_token ?? "";
    let response: Response;
    try {
      const url = `${this.#config.url}/functions/v1/${name}${query}`;
      response = await (this.#config.fetch ?? fetch)(url, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${token}`,
          apikey: this.#config.publishableKey,
          ...headers,
        },
        body,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new StudioError("NETWORK", `Cannot reach ${name}`, { cause });
    }
    if (!response.ok) throw await readStudioError(response);
    return response;
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
