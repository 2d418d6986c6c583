/**
 * Every failure a client can meet, as one exception.
 *
 * @module
 */
import { type ErrorCode, ERRORS, isErrorCode } from "../contract/errors.ts";

/** A refused or failed call. `code` is one of ours, or `NETWORK` when no answer came. */
export class StudioError extends Error {
  /** Tells this class from others across bundles. */
  override readonly name = "StudioError";
  /** What went wrong, for programs. */
  readonly code: ErrorCode | "NETWORK";
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** More, by code. Undefined when there is nothing more. */
  readonly details: unknown;
  /** Names the request in the server's logs. Empty when no answer came. */
  readonly requestId: string;
  /** What the server asked to wait, or null. */
  readonly retryAfterSeconds: number | null;

  /** Makes one from what is known. */
  constructor(code: ErrorCode | "NETWORK", message: string, more: {
    status?: number;
    details?: unknown;
    requestId?: string;
    retryAfterSeconds?: number | null;
    cause?: unknown;
  } = {}) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.details = more.details;
    this.requestId = more.requestId ?? "";
    this.retryAfterSeconds = more.retryAfterSeconds ?? null;
  }

  /** True when the same call, with the same Idempotency-Key, may succeed later. */
  get mayRetry(): boolean {
    return this.code === "NETWORK" || ERRORS[this.code].retryable;
  }
}

/** Reads an answer that is not a success, ours or the platform's own. */
export async function readStudioError(response: Response): Promise<StudioError> {
  // Ours is in seconds; what a proxy says as a date is as good as nothing.
  const retryAfter = /^\d+$/.exec(response.headers.get("retry-after") ?? "")?.[0];
  const more = {
    status: response.status,
    retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter),
  };
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === "object" && body !== null && "code" in body && "message" in body) {
    const { code, message } = body;
    if (typeof code === "string" && isErrorCode(code)) {
      return new StudioError(code, String(message), {
        ...more,
        details: "details" in body ? body.details : undefined,
        requestId: "request_id" in body ? String(body.request_id) : "",
      });
    }
  }
  const fallback = response.status === 401 ? "UNAUTHENTICATED" : "INTERNAL";
  return new StudioError(fallback, `The server answered ${response.status}`, more);
}
