/**
 * The simulated fal's webhook: body, Ed25519 signature and the public keys.
 * Source: fal.ai/docs, "Webhooks", read August 2026.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { type Webhook, webhookTimestamp } from "./webhook_sender.ts";

/** Signs webhooks as fal does. */
export interface FalSigner {
  /** The account whose work it is: `X-Fal-Webhook-User-Id`. */
  readonly userId: string;
  /** The body of `/.well-known/jwks.json`. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] };
  /**
   * Makes a signed webhook. `forged` signs with a key that is not in the set, `stale_webhook` as of ten
   * minutes ago, `altered_webhook` another body than is sent, `unsigned_webhook` not at all.
   */
  webhook(content: {
    readonly url: string;
    readonly requestId: string;
    readonly body: Record<string, unknown>;
    readonly forged?: boolean;
    readonly fault?: string | null;
  }): Webhook;
}

/** Makes a signer with fresh keys. */
export function createFalSigner(): FalSigner {
  const real = generateKeyPairSync("ed25519");
  // fal rotates: receivers must try every key of the set.
  const older = generateKeyPairSync("ed25519");
  const forger = generateKeyPairSync("ed25519");
  const userId = `user_${randomUUID().replaceAll("-", "")}`;
  const publish = (pair: typeof real, kid: string) => ({
    ...pair.publicKey.export({ format: "jwk" }),
    kid,
    use: "sig",
    alg: "EdDSA",
  });
  return {
    userId,
    jwks: { keys: [publish(older, "older"), publish(real, "current")] },
    webhook: ({ url, requestId, body, forged = false, fault = null }) => {
      const text = JSON.stringify(body);
      return {
        url,
        body: fault === "altered_webhook" ? text.replace("{", '{"altered":true,') : text,
        headers: () => {
          if (fault === "unsigned_webhook") return Promise.resolve({});
          const timestamp = webhookTimestamp(fault);
          const digest = createHash("sha256").update(text).digest("hex");
          const message = Buffer.from([requestId, userId, timestamp, digest].join("\n"));
          const key = forged ? forger.privateKey : real.privateKey;
          return Promise.resolve({
            "x-fal-webhook-request-id": requestId,
            "x-fal-webhook-user-id": userId,
            "x-fal-webhook-timestamp": timestamp,
            "x-fal-webhook-signature": sign(null, message, key).toString("hex"),
          });
        },
      };
    },
  };
}
