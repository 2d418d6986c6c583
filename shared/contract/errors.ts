/**
 * Error codes: the one list of what can go wrong, with the HTTP status, whether the same call may be
 * tried again, and the cause. Codes are added freely, never renamed or reused.
 *
 * @module
 */

/** What a code means to a caller. */
export interface ErrorDefinition {
  /** HTTP status when the code is the answer to a request. */
  readonly status: number;
  /** True when the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** The cause in one line. */
  readonly cause: string;
}

/** Every code by name. Codes that end a job also appear in `jobs.error_code` and on the asset's row. */
export const ERRORS = {
  BAD_JSON: { status: 400, retryable: false, cause: "The body is not one JSON object in UTF-8" },
  VALIDATION_FAILED: {
    status: 400,
    retryable: false,
    cause: "The body does not match the operation's schema; details lists each field",
  },
  IDEMPOTENCY_KEY_MISSING: {
    status: 400,
    retryable: false,
    cause: "The operation spends credits and needs an Idempotency-Key header",
  },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    retryable: false,
    cause: "Idempotency-Key is not 16 to 255 characters of A-Z a-z 0-9 _ - : .",
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    cause: "The token is absent, malformed, forged or expired",
  },
  INSUFFICIENT_CREDITS: {
    status: 402,
    retryable: false,
    cause: "The balance is lower than the price; nothing was charged",
  },
  BUDGET_EXCEEDED: {
    status: 402,
    retryable: false,
    cause: "The project's budget is lower than what it would then have cost; nothing was charged",
  },
  FORBIDDEN: { status: 403, retryable: false, cause: "The caller may not use this operation" },
  NOT_FOUND: {
    status: 404,
    retryable: false,
    cause: "No such row, or it belongs to somebody else",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    retryable: false,
    cause: "The operation takes another method",
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    retryable: true,
    cause: "A request with this key is still being worked on; try again after Retry-After",
  },
  STATE_CONFLICT: {
    status: 409,
    retryable: false,
    cause: "The row is in a state in which this cannot be done",
  },
  PROPOSAL_CHANGED: {
    status: 409,
    retryable: false,
    cause: "The proposal has another price by now; details holds the new one to confirm",
  },
  MODEL_RETIRED: {
    status: 410,
    retryable: false,
    cause: "The model is no longer offered; details names its replacement",
  },
  PROPOSAL_EXPIRED: {
    status: 410,
    retryable: false,
    cause: "The proposal was not confirmed in time; ask the director again",
  },
  REFERENCE_MISSING: {
    status: 409,
    retryable: false,
    cause: "A shot shows a character who has no reference picture; a stranger is not drawn instead",
  },
  PROJECT_GONE: {
    status: 410,
    retryable: false,
    cause: "The project was deleted too long ago to be restored",
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    retryable: false,
    cause: "The body is larger than the operation takes",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    retryable: false,
    cause: "Content-Type is not one that the operation takes",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    retryable: false,
    cause:
      "The key was used before with another operation or body, or over 72 hours ago; nothing was charged",
  },
  EXPORT_TOO_LARGE: {
    status: 422,
    retryable: false,
    cause: "The media are more than one export may hold; details say how much each part is",
  },
  MODEL_INPUT_INVALID: {
    status: 422,
    retryable: false,
    cause: "The model does not take these values; details lists what it takes",
  },
  PLAN_DOES_NOT_FIT: {
    status: 422,
    retryable: false,
    cause:
      "The narration can't be fitted into the asked length or the quoted clips; details name what fits",
  },
  IMAGE_INVALID: {
    status: 422,
    retryable: false,
    cause:
      "The file is not a whole jpeg, png or webp of a sane size, or its URL may not be fetched; " +
      "details.reason says which",
  },
  AUDIO_INVALID: {
    status: 422,
    retryable: false,
    cause:
      "The file is not an mp3 of a second or more, or its URL may not be fetched; details.reason says which",
  },
  RATE_LIMITED: { status: 429, retryable: true, cause: "Too many requests; see Retry-After" },
  TOO_MANY_JOBS: {
    status: 429,
    retryable: true,
    cause: "The user has as many unfinished jobs as are allowed",
  },
  INTERNAL: { status: 500, retryable: true, cause: "A fault of ours; quote request_id" },
  PROVIDER_BAD_RESPONSE: {
    status: 502,
    retryable: true,
    cause: "The provider answered something that is not in its documentation",
  },
  PROVIDER_UNAVAILABLE: {
    status: 502,
    retryable: true,
    cause: "The provider could not be reached or answered with a server error",
  },
  PROVIDER_REJECTED: {
    status: 502,
    retryable: false,
    cause: "The provider refused the request as invalid, or our account with it",
  },
  PROVIDER_FAILED: {
    status: 502,
    retryable: true,
    cause: "The provider accepted the work and could not finish it",
  },
  PROVIDER_RATE_LIMITED: {
    status: 503,
    retryable: true,
    cause: "The provider limits our rate; the work is tried again by itself where it can be",
  },
  PROVIDER_NOT_CONFIGURED: {
    status: 503,
    retryable: false,
    cause: "The provider's key is not set; the message names the variable",
  },
  PROVIDER_TIMEOUT: {
    status: 504,
    retryable: true,
    cause: "The provider did not answer in time",
  },
  CONTENT_REFUSED: {
    status: 422,
    retryable: false,
    cause:
      "Moderation, or a provider's safety rules, refused the prompt, the picture or the result; details name " +
      "the categories when they are known",
  },
  RESULT_INVALID: {
    status: 502,
    retryable: true,
    cause: "The result was empty, truncated, too large or of the wrong type",
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    retryable: true,
    cause: "The job was not finished by its deadline",
  },
  SUBMIT_OUTCOME_UNKNOWN: {
    status: 502,
    retryable: true,
    cause: "The provider may or may not have taken the work; it was not sent twice",
  },
  TURN_INCOMPLETE: {
    status: 502,
    retryable: true,
    cause:
      "The director ended its turn without an answer: it said nothing, took too many steps or too long",
  },
  CANCELLED: { status: 409, retryable: false, cause: "The job was cancelled" },
} as const satisfies Record<string, ErrorDefinition>;

/** A code of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** Tells whether a text is a code of {@link ERRORS}. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** The body of every answer that is not a success. */
export interface ErrorEnvelope {
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** What went wrong, for people: the action, the values, the present state. */
  message: string;
  /** More, by code: zod issues, allowed values, ids. Absent when there is nothing to add. */
  details?: unknown;
  /** What to do next. Absent when the message says it. */
  hint?: string;
  /** Names the request in our logs. */
  request_id: string;
}
