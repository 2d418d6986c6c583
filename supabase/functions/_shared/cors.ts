/**
 * CORS: any origin may call, because callers prove themselves by token, never by cookie.
 *
 * @module
 */

/** Headers that every answer carries, errors included. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
  "Access-Control-Allow-Headers":
    "authorization, apikey, content-type, idempotency-key, x-client-info, x-region",
  "Access-Control-Expose-Headers":
    "content-disposition, x-idempotent-replay, x-request-id, retry-after",
  "Access-Control-Max-Age": "86400",
};
