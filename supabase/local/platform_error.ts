/**
 * The answers of the platform itself, as opposed to a function's own: same status, body and
 * `sb-error-code` header as hosted, and always with CORS headers, so a browser can read them.
 * Source: https://supabase.com/docs/guides/functions/error-codes and …/status-codes (read 2026-11-21).
 *
 * @module
 */

/** Every code by name. */
const PLATFORM_ERRORS = {
  NOT_FOUND: { status: 404, message: "Requested function was not found" },
  METHOD_NOT_ALLOWED: { status: 405, message: "Method not allowed" },
  UNAUTHORIZED_NO_AUTH_HEADER: { status: 401, message: "Missing authorization header" },
  UNAUTHORIZED_INVALID_JWT_FORMAT: { status: 401, message: "Invalid JWT" },
  UNAUTHORIZED_ASYMMETRIC_JWT: { status: 401, message: "Invalid JWT" },
  EDGE_FUNCTION_ERROR: { status: 500, message: "Internal Server Error" },
  WORKER_ERROR: { status: 502, message: "Function exited due to an error (please check logs)" },
  BOOT_ERROR: { status: 503, message: "Function failed to start (please check logs)" },
  SERVICE_UNAVAILABLE: { status: 503, message: "No worker is running; try again" },
  IDLE_TIMEOUT: { status: 504, message: "The function did not answer in time" },
} as const;

/** A code the platform answers with. */
export type PlatformErrorCode = keyof typeof PLATFORM_ERRORS;

/** Headers that let any page read an answer. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers":
    "authorization, x-client-info, apikey, content-type, idempotency-key, x-region",
  "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
  "access-control-expose-headers": "sb-error-code, retry-after, x-idempotent-replay",
};

/** Makes the platform's answer for a code. */
export function platformError(code: PlatformErrorCode): Response {
  const { status, message } = PLATFORM_ERRORS[code];
  return Response.json({ code, message }, {
    status,
    headers: { ...CORS_HEADERS, "sb-error-code": code },
  });
}
