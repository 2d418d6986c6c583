/**
 * fal's failures as our codes. Source: fal.ai/docs error reference, August 2026; fal-ai/fal issues 1068,
 * 1112 (wrong key, exhausted balance).
 *
 * @module
 */
import { z } from "zod";
import type { ErrorCode } from "../../../../shared/contract/errors.ts";
import { AppError } from "../app_error.ts";
import type { FalRefusal } from "./fal_queue.ts";
import { providerText } from "./provider_text.ts";

/** `detail` is a list for failures of a model and of its input, a text for all else. */
const FalDetail = z.object({
  detail: z.union([
    z.string(),
    z.array(z.looseObject({
      loc: z.array(z.union([z.string(), z.number()])).optional(),
      msg: z.string().optional(),
      type: z.string().optional(),
    })),
  ]),
});

type Detail = z.infer<typeof FalDetail>["detail"];

/** A model's own failures that are refusals by safety rules. */
const REFUSAL_TYPES = new Set(["content_policy_violation"]);

/** A model's own failures after which the same input may still succeed, whatever their status. */
const TRANSIENT_TYPES = new Set([
  "internal_server_error",
  "generation_timeout",
  "downstream_service_error",
  "downstream_service_unavailable",
  "no_media_generated",
  "file_download_error",
]);

/** The body's `detail`, or null when the body is not fal's. */
export function falDetail(text: string): Detail | null {
  try {
    return FalDetail.safeParse(JSON.parse(text)).data?.detail ?? null;
  } catch {
    return null;
  }
}

/** Makes our error from a request that fal refused. `retryAfterSeconds` is set when fal said it. */
export function falRequestError(refusal: FalRefusal, action: string): AppError {
  const { status } = refusal;
  const code: ErrorCode = isContentRefusal(refusal)
    ? "CONTENT_REFUSED"
    : status === 429
    ? "PROVIDER_RATE_LIMITED"
    : status >= 500
    ? "PROVIDER_UNAVAILABLE"
    : "PROVIDER_REJECTED";
  const retryAfterSeconds = Number(refusal.headers.get("retry-after") ?? Number.NaN);
  return new AppError(code, sentence(refusal, action), {
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

/** Makes our error from a result that is a failure: the work has ended. */
export function falTaskError(refusal: FalRefusal, action: string): AppError {
  const detail = falDetail(refusal.text);
  const types = Array.isArray(detail) ? detail.map(({ type }) => type ?? "") : [];
  const code: ErrorCode = isContentRefusal(refusal)
    ? "CONTENT_REFUSED"
    : refusal.status >= 500 || refusal.status === 499 ||
        types.some((type) => TRANSIENT_TYPES.has(type))
    ? "PROVIDER_FAILED"
    : "PROVIDER_REJECTED";
  return new AppError(code, sentence(refusal, action));
}

/**
 * Tells whether a result's HTTP error is the work's own end rather than a failure to read it: fal marks
 * those with headers, and a model's failure lists its details.
 */
export function isTaskFailure(refusal: FalRefusal): boolean {
  const { status, headers, text } = refusal;
  if (status === 401 || status === 403 || status === 429 || status === 408) return false;
  return headers.has("x-fal-retryable") || headers.has("x-fal-needs-retry") ||
    headers.has("x-fal-error-type") || Array.isArray(falDetail(text)) ||
    (status === 422 && falDetail(text) !== null);
}

function isContentRefusal({ text }: FalRefusal): boolean {
  const detail = falDetail(text);
  return Array.isArray(detail) && detail.some(({ type }) => REFUSAL_TYPES.has(type ?? ""));
}

function sentence({ status, text }: FalRefusal, action: string): string {
  const detail = falDetail(text);
  const said = Array.isArray(detail)
    ? detail.map(({ loc, msg, type }) => `${loc?.join(".") ?? "body"}: ${msg ?? type ?? "?"}`)
      .join("; ")
    : detail ?? text;
  return `Cannot ${action} at fal: HTTP status ${status}: ${providerText(said)}`;
}
