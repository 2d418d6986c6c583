/**
 * What makes a provider's callback worth hearing: its signature, where the provider signs. What it says is
 * never believed either way; only the name of the task is read.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { readProviderEnv } from "../env.ts";
import type { Log } from "../log.ts";
import { parseFalCallback, verifyFalSignature } from "./fal_webhook.ts";
import { createFalKeySource, type FalKeySource } from "./fal_webhook_keys.ts";
import { parseKieCallback, verifyKieSignature } from "./kie_webhook.ts";

/** A callback as it came. */
export interface Callback {
  /** Of the request. */
  readonly headers: Headers;
  /** Signatures are over these bytes, not over what they mean. */
  readonly rawBody: Uint8Array;
  /** Takes the lines of fetching keys. */
  readonly log: Log;
}

/** Reads a callback's task once its signature is found good. */
type ReadCallback = (callback: Callback) => Promise<{ readonly externalTaskId: string }>;

/**
 * By provider. Errors: `UNAUTHENTICATED` for a signature that is missing, wrong or older than 300 s (fal
 * always; KIE when `KIE_WEBHOOK_HMAC_KEY` is set); `BAD_JSON`, `VALIDATION_FAILED` for garbage;
 * `PROVIDER_*` when fal's keys can't be fetched: fal then sends again.
 */
export const CALLBACKS: Readonly<Record<"kie" | "fal", ReadCallback>> = {
  kie: async ({ headers, rawBody }) => {
    const { externalTaskId } = parseKieCallback(rawBody);
    const key = readProviderEnv("kie").webhookHmacKey;
    if (
      key !== undefined &&
      !await verifyKieSignature({ headers, externalTaskId, key, now: new Date() })
    ) throw unsigned();
    return { externalTaskId };
  },
  fal: async ({ headers, rawBody, log }) => {
    const { webhookUserId, jwksUrl } = readProviderEnv("fal");
    // Without our account's id there is nothing to tell our callbacks from other customers' by.
    if (webhookUserId === undefined) throw unsigned();
    falKeys ??= createFalKeySource({ url: jwksUrl, log });
    for (const refresh of [false, true]) {
      const keys = await falKeys.get({ refresh });
      if (
        await verifyFalSignature({ headers, rawBody, keys, userId: webhookUserId, now: new Date() })
      ) return parseFalCallback(rawBody);
    }
    throw unsigned();
  },
};

/** Remembered as long as the isolate lives. */
let falKeys: FalKeySource | undefined;

function unsigned(): AppError {
  return new AppError("UNAUTHENTICATED", "Cannot accept the callback: its signature is not valid");
}
