/**
 * fal's webhooks. The signature covers the body, but its keys are fal's own: anyone with an account there
 * can have a callback to us signed. So our user id is pinned.
 * Source: fal.ai/docs, "Webhooks", read August 2026.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";

/** From fal's documentation: older or newer callbacks are replays. */
const MAX_SKEW_SECONDS = 300;

const Callback = z.looseObject({ request_id: z.string().min(1).max(200) });

/** fal's public keys, as its JWKS endpoint gives them. */
export interface FalKeys {
  /** All keys in force. */
  readonly keys: readonly {
    readonly kty?: string;
    readonly crv?: string;
    /** The public key in base64url. */
    readonly x?: string;
  }[];
}

/**
 * Reads the id of the request a callback is about.
 * Errors: `BAD_JSON`; `VALIDATION_FAILED` when there is no id.
 */
export function parseFalCallback(rawBody: Uint8Array): { externalTaskId: string } {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(rawBody));
  } catch (cause) {
    throw new AppError("BAD_JSON", "Cannot read the callback: it is not JSON", { cause });
  }
  const callback = Callback.safeParse(body);
  if (!callback.success) {
    throw new AppError("VALIDATION_FAILED", "Cannot read the callback: it names no request");
  }
  return { externalTaskId: callback.data.request_id };
}

/** What a signature is checked against. */
export interface FalSignatureCheck {
  /** Of the request: `X-Fal-Webhook-Request-Id`, `-User-Id`, `-Timestamp`, `-Signature`. */
  readonly headers: Headers;
  /** The body's bytes as they came: parsed and written again they differ. */
  readonly rawBody: Uint8Array;
  /** All keys in force. */
  readonly keys: FalKeys;
  /** Our account's id at fal. */
  readonly userId: string;
  /** The receiver's clock. */
  readonly now: Date;
}

/**
 * Tells whether fal signed a callback for our account within 300 s of now: Ed25519 over the request id,
 * the user id, the timestamp and the hex SHA-256 of the body, joined by line feeds. The body's own
 * `request_id` must be the signed one. Never throws: a broken key or header is a no.
 */
export async function verifyFalSignature(check: FalSignatureCheck): Promise<boolean> {
  const header = (name: string) => check.headers.get(`x-fal-webhook-${name}`) ?? "";
  const [requestId, userId, timestamp] = [
    header("request-id"),
    header("user-id"),
    header("timestamp"),
  ];
  const signature = decodeHex(header("signature"));
  if (signature?.length !== 64 || requestId === "" || check.userId === "") return false;
  if (userId !== check.userId || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(check.now.getTime() / 1000 - Number(timestamp)) > MAX_SKEW_SECONDS) return false;
  const rawBody = new Uint8Array(check.rawBody);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", rawBody));
  const message = new TextEncoder().encode(
    [requestId, userId, timestamp, encodeHex(digest)].join("\n"),
  );
  for (const { kty, crv, x } of check.keys.keys) {
    if (kty !== "OKP" || crv !== "Ed25519" || x === undefined) continue;
    if (await isSignedBy({ kty, crv, x }, signature, message)) {
      return namesRequest(rawBody, requestId);
    }
  }
  return false;
}

async function isSignedBy(
  jwk: { readonly kty: string; readonly crv: string; readonly x: string },
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    // Not a key: another one of the set may be.
    return false;
  }
}

function namesRequest(rawBody: Uint8Array, requestId: string): boolean {
  try {
    return parseFalCallback(rawBody).externalTaskId === requestId;
  } catch {
    return false;
  }
}

function decodeHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^([0-9a-f]{2})+$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
