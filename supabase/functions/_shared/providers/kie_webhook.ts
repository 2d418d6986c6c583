/**
 * KIE's callbacks. Neither the body nor the signature proves anything about a result: the signature
 * covers the task id and the time only, so a callback is a hint that a task has changed, and what it has
 * become is read by `status`.
 * Source: docs.kie.ai/common-api/webhook-verification, read August 2026.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { parseJson } from "./kie_wire.ts";

/** KIE names no window; this is the usual one, and wide enough for a skewed clock. */
const MAX_SKEW_SECONDS = 300;

const TaskId = z.string().min(1).max(200);

// Families of one host differ in the name and the depth; the official sample does so within itself.
const Callback = z.union([
  z.looseObject({ data: z.looseObject({ taskId: TaskId }) }).transform(({ data }) => data.taskId),
  z.looseObject({ data: z.looseObject({ task_id: TaskId }) }).transform(({ data }) => data.task_id),
  z.looseObject({ taskId: TaskId }).transform(({ taskId }) => taskId),
  z.looseObject({ task_id: TaskId }).transform(({ task_id }) => task_id),
]);

/**
 * Reads the id of the task a callback is about.
 * Errors: `BAD_JSON`; `VALIDATION_FAILED` when there is no id.
 */
export function parseKieCallback(rawBody: Uint8Array): { externalTaskId: string } {
  const body = parseJson(new TextDecoder().decode(rawBody));
  if (body === undefined) {
    throw new AppError("BAD_JSON", "Cannot read the callback: it is not JSON");
  }
  const callback = Callback.safeParse(body);
  if (!callback.success) {
    throw new AppError("VALIDATION_FAILED", "Cannot read the callback: it names no task");
  }
  return { externalTaskId: callback.data };
}

/** What a signature is checked against. */
export interface KieSignatureCheck {
  /** Of the request: `X-Webhook-Timestamp` (Unix seconds) and `X-Webhook-Signature`. */
  readonly headers: Headers;
  /** As the callback names it. */
  readonly externalTaskId: string;
  /** `webhookHmacKey` of the account. Secret. */
  readonly key: string;
  /** The receiver's clock. */
  readonly now: Date;
}

/**
 * Tells whether a callback was signed by whoever has the key, within 300 s of now: base64 of
 * HMAC-SHA256 over `<task id>.<timestamp>`. Compares in constant time. Never throws.
 */
export async function verifyKieSignature(check: KieSignatureCheck): Promise<boolean> {
  const timestamp = check.headers.get("x-webhook-timestamp") ?? "";
  const signature = decodeBase64(check.headers.get("x-webhook-signature") ?? "");
  if (signature === null || check.key === "" || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(check.now.getTime() / 1000 - Number(timestamp)) > MAX_SKEW_SECONDS) return false;
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(check.key),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const signed = encoder.encode(`${check.externalTaskId}.${timestamp}`);
  return await crypto.subtle.verify("HMAC", key, signature, signed);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
