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

/** Beside a `detail` that is a text. */
const ErrorType = z.looseObject({ error_type: z.string() });

type Detail = z.infer<typeof FalDetail>["detail"];

/**
 * How work ended, by the `type` of a model's failure or the `error_type` of a request's. Those that are not
 * listed, such as FastAPI's own about a field, are judged by their status: 499 and 5xx `PROVIDER_FAILED`, all
 * others `PROVIDER_REJECTED`. Source: fal.ai/docs error reference, August 2026.
 */
export const FAL_TYPES: Readonly<Record<string, ErrorCode>> = {
  content_policy_violation: "CONTENT_REFUSED",
  // After these the same input may still succeed, whatever their status.
  internal_server_error: "PROVIDER_FAILED",
  generation_timeout: "PROVIDER_FAILED",
  downstream_service_error: "PROVIDER_FAILED",
  downstream_service_unavailable: "PROVIDER_FAILED",
  no_media_generated: "PROVIDER_FAILED",
  file_download_error: "PROVIDER_FAILED",
  // The input is at fault.
  image_too_small: "PROVIDER_REJECTED",
  image_too_large: "PROVIDER_REJECTED",
  image_load_error: "PROVIDER_REJECTED",
  face_detection_error: "PROVIDER_REJECTED",
  file_too_large: "PROVIDER_REJECTED",
  greater_than: "PROVIDER_REJECTED",
  greater_than_equal: "PROVIDER_REJECTED",
  less_than: "PROVIDER_REJECTED",
  less_than_equal: "PROVIDER_REJECTED",
  multiple_of: "PROVIDER_REJECTED",
  sequence_too_short: "PROVIDER_REJECTED",
  sequence_too_long: "PROVIDER_REJECTED",
  one_of: "PROVIDER_REJECTED",
  feature_not_supported: "PROVIDER_REJECTED",
  invalid_archive: "PROVIDER_REJECTED",
  archive_file_count_below_minimum: "PROVIDER_REJECTED",
  archive_file_count_exceeds_maximum: "PROVIDER_REJECTED",
  audio_duration_too_long: "PROVIDER_REJECTED",
  audio_duration_too_short: "PROVIDER_REJECTED",
  video_duration_too_long: "PROVIDER_REJECTED",
  video_duration_too_short: "PROVIDER_REJECTED",
  unsupported_image_format: "PROVIDER_REJECTED",
  unsupported_audio_format: "PROVIDER_REJECTED",
  unsupported_video_format: "PROVIDER_REJECTED",
  // Of the request rather than of the model: fal's own machinery.
  request_timeout: "PROVIDER_FAILED",
  startup_timeout: "PROVIDER_FAILED",
  runner_scheduling_failure: "PROVIDER_FAILED",
  runner_connection_timeout: "PROVIDER_FAILED",
  runner_disconnected: "PROVIDER_FAILED",
  runner_connection_refused: "PROVIDER_FAILED",
  runner_connection_error: "PROVIDER_FAILED",
  runner_incomplete_response: "PROVIDER_FAILED",
  runner_server_error: "PROVIDER_FAILED",
  client_disconnected: "PROVIDER_FAILED",
  client_cancelled: "PROVIDER_FAILED",
  internal_error: "PROVIDER_FAILED",
  bad_request: "PROVIDER_REJECTED",
};

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
  // Of several failures the first that is known: fal lists the one that ended the work first.
  const type = falTypes(refusal.text).find((name) => Object.hasOwn(FAL_TYPES, name));
  const code = (type === undefined ? undefined : FAL_TYPES[type]) ??
    (refusal.status >= 500 || refusal.status === 499 ? "PROVIDER_FAILED" : "PROVIDER_REJECTED");
  return new AppError(
    isContentRefusal(refusal) ? "CONTENT_REFUSED" : code,
    sentence(refusal, action),
  );
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
  return falTypes(text).some((type) => FAL_TYPES[type] === "CONTENT_REFUSED");
}

/** What a failure calls itself: the types of its details, then its `error_type`. */
function falTypes(text: string): string[] {
  const detail = falDetail(text);
  const types = Array.isArray(detail) ? detail.map(({ type }) => type ?? "") : [];
  // `detail` was read, so it is JSON.
  const errorType = detail === null
    ? undefined
    : ErrorType.safeParse(JSON.parse(text)).data?.error_type;
  return errorType === undefined ? types : [...types, errorType];
}

function sentence({ status, text }: FalRefusal, action: string): string {
  const detail = falDetail(text);
  const said = Array.isArray(detail)
    ? detail.map(({ loc, msg, type }) => `${loc?.join(".") ?? "body"}: ${msg ?? type ?? "?"}`)
      .join("; ")
    : detail ?? text;
  return `Cannot ${action} at fal: HTTP status ${status}: ${providerText(said)}`;
}
