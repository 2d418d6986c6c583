/**
 * fal's public keys, fetched when needed and kept for as long as fal allows.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { callProvider, type Fetch } from "../outbound.ts";
import type { FalKeys } from "./fal_webhook.ts";

/** From fal's documentation: keys may be kept for at most a day. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/** A flood of forged callbacks must not become a flood of requests to fal. */
const MIN_REFRESH_MS = 60 * 1000;

/** A receiver has 15 s in all. */
const TIMEOUT_MS = 5_000;

const Jwks = z.object({
  keys: z.array(z.looseObject({
    kty: z.string().exactOptional(),
    crv: z.string().exactOptional(),
    x: z.string().exactOptional(),
  })),
});

/** Where the keys come from. */
export interface FalKeysConfig {
  /** `https://rest.fal.ai/.well-known/jwks.json` or a simulator's. */
  readonly url: string;
  /** Takes one line a fetch. */
  readonly log: Log;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970. Default: the clock. */
  readonly now?: () => number;
}

/** Gives fal's keys. */
export interface FalKeySource {
  /**
   * The keys, from memory when they are young enough. `refresh` asks fal again when the last time was a
   * minute ago or more: for a signature that no known key made.
   * Errors: those of `callProvider`, and `PROVIDER_BAD_RESPONSE`. Answer the callback with 5xx then: fal
   * sends it again.
   */
  get(options?: { readonly refresh?: boolean }): Promise<FalKeys>;
}

/** Makes a source of keys that remembers them for as long as the isolate lives. */
export function createFalKeySource(config: FalKeysConfig): FalKeySource {
  const now = config.now ?? Date.now;
  let kept: { readonly keys: FalKeys; readonly at: number } | null = null;
  return {
    get: async ({ refresh = false } = {}) => {
      const age = kept === null ? Infinity : now() - kept.at;
      if (kept !== null && age < (refresh ? MIN_REFRESH_MS : KEEP_MS)) return kept.keys;
      kept = { keys: await fetchKeys(config), at: now() };
      return kept.keys;
    },
  };
}

async function fetchKeys({ url, log, fetch }: FalKeysConfig): Promise<FalKeys> {
  const { status, text } = await callProvider(url, { redirect: "error" }, {
    provider: "fal",
    operation: "jwks",
    timeoutMs: TIMEOUT_MS,
    log,
    ...(fetch ? { fetch } : {}),
  });
  try {
    if (status !== 200) throw new TypeError(`HTTP status ${status}`);
    return Jwks.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError("PROVIDER_BAD_RESPONSE", "Cannot read fal's public keys", { cause });
  }
}
