/**
 * The one exception that carries a published error code. Anything else that is thrown is a bug and
 * becomes 500 `INTERNAL`.
 *
 * @module
 */
import type { ErrorCode } from "../../../shared/contract/errors.ts";

/** What may accompany a code. */
export interface AppErrorOptions {
  /** Sent to the client: allowed values, zod issues, ids. Never secrets or foreign bodies. */
  details?: unknown;
  /** Sent to the client: what to do next. */
  hint?: string;
  /** Seconds after which the same call may be tried again, when the other side said so. */
  retryAfterSeconds?: number;
  /** The failure underneath. Logged, never sent. */
  cause?: unknown;
}

/** A failure with a published code and a sentence for people. */
export class AppError extends Error {
  /** Tells this class in logs. */
  override readonly name = "AppError";
  /** The published code. */
  readonly code: ErrorCode;
  /** Sent to the client. Undefined when there is nothing more. */
  readonly details: unknown;
  /** Sent to the client: what to do next. Undefined when the message says it. */
  readonly hint: string | undefined;
  /** When the same call may be tried again. Undefined when nobody said. */
  readonly retryAfterSeconds: number | undefined;

  /** Makes one; `message` is a sentence for people. */
  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.hint = options.hint;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
