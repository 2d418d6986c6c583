/**
 * Turns refusals of Google's APIs (google.rpc.Status over HTTP) into our codes, by one table.
 *
 * @module
 */
import { z } from "zod";
import type { ErrorCode } from "../../../../shared/contract/errors.ts";
import { AppError } from "../app_error.ts";

/** A refusal as received. */
export interface GoogleRefusal {
  /** HTTP status, not 2xx. */
  readonly status: number;
  /** Read for `Retry-After`. */
  readonly headers: Headers;
  /** The body as text, which need not be JSON: proxies answer too. */
  readonly text: string;
}

/** What the failed call was. */
export interface GoogleCall {
  /** `gemini` or `google_tts`. */
  readonly provider: string;
  /** What was asked, for the message: `generate_content`. */
  readonly operation: string;
  /** Keys and tokens that must not appear in anything derived from the answer. */
  readonly secrets?: readonly string[];
  /** Milliseconds since 1970; defaults to the clock. */
  readonly now?: number;
}

/** Our code by HTTP status; other 4xx are refusals, other 5xx outages. */
export const GOOGLE_STATUSES: Readonly<Record<number, ErrorCode>> = {
  408: "PROVIDER_TIMEOUT",
  429: "PROVIDER_RATE_LIMITED",
  504: "PROVIDER_TIMEOUT",
};

/** What the operator can do, by google.rpc.ErrorInfo reason, or else by google.rpc.Code. */
const HINTS: Readonly<Record<string, string>> = {
  API_KEY_INVALID: "The configured API key is not valid",
  API_KEY_SERVICE_BLOCKED: "The configured API key may not use this API",
  SERVICE_DISABLED: "The API is not enabled in the account's Google Cloud project",
  BILLING_DISABLED: "The account's Google Cloud project has no billing account",
  NOT_FOUND: "The model is unknown, or no longer offered",
  ACCESS_TOKEN_EXPIRED: "The service account's access token has expired",
};

/**
 * A quota of zero leaves out `quotaValue`, as Google's JSON does with numbers that are zero: only the sentence
 * says it. Source: continuedev/continue issues 9729 and 10062, 2026.
 */
const ZERO_QUOTA = /\blimit: 0\b/;

const detailSchema = z.object({
  "@type": z.string().default(""),
  reason: z.string().optional(),
  retryDelay: z.string().optional(),
  violations: z.array(z.object({
    quotaId: z.string().default(""),
    quotaValue: z.string().optional(),
  })).optional(),
});

const envelopeSchema = z.object({
  error: z.object({
    message: z.string().default(""),
    status: z.string().default(""),
    // One detail of another shape must not hide the others.
    details: z.array(detailSchema.catch({ "@type": "" })).catch([]),
  }),
});

/**
 * Makes the error for a refusal. The message names status and reason; the provider's own words are kept
 * in `cause`, for the log only.
 *
 * `PROVIDER_RATE_LIMITED` carries `retryAfterSeconds` when it is known: from RetryInfo or Retry-After,
 * or until midnight Pacific time when a quota of the day is used up. A quota of zero is a refusal.
 *
 * Source: google.rpc.Status and error_details.proto; ai.google.dev rate limits ("RPD quotas reset at
 * midnight Pacific time").
 */
export function googleError(refusal: GoogleRefusal, call: GoogleCall): AppError {
  const { message, status, details } = readEnvelope(refusal.text);
  const reason = details.find((one) => one.reason !== undefined)?.reason;
  const quotas = details.flatMap((one) => one.violations ?? []);
  const known = GOOGLE_STATUSES[refusal.status] ??
    (refusal.status >= 500 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REJECTED");
  const neverAllowed = quotas.some((one) => one.quotaValue === "0") || ZERO_QUOTA.test(message);
  const code = known === "PROVIDER_RATE_LIMITED" && neverAllowed ? "PROVIDER_REJECTED" : known;
  const retryAfterSeconds = code === "PROVIDER_RATE_LIMITED"
    ? retryAfter(refusal, details, call.now ?? Date.now())
    : undefined;
  const hint = HINTS[reason ?? status];
  const facts = [String(refusal.status), status, reason && `(${reason})`].filter(Boolean).join(" ");
  return new AppError(
    code,
    `Cannot ${call.operation} at ${call.provider}: the answer is ${facts}`,
    {
      cause: new Error(redact(message || refusal.text, call.secrets ?? []).slice(0, 500)),
      ...(hint === undefined ? {} : { hint }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  );
}

/** Tells whether an answer that is not 2xx was written by Google's API, and not by something in between. */
export function isGoogleRefusal(text: string): boolean {
  return readEnvelope(text).status !== "";
}

/** Reasons of google.rpc.ErrorInfo that are about the key and not about the request. */
const KEY_REASONS = new Set([
  "API_KEY_INVALID",
  "API_KEY_EXPIRED",
  "API_KEY_SERVICE_BLOCKED",
  "API_KEY_IP_ADDRESS_BLOCKED",
  "API_KEY_HTTP_REFERRER_BLOCKED",
  "BILLING_DISABLED",
  "CONSUMER_SUSPENDED",
  "SERVICE_DISABLED",
]);

/**
 * Tells whether a refusal is of the key, so that the same request may pass with another one.
 * Source: googleapis `google/api/error_reason.proto`; 401 and 403 are about the caller by definition.
 */
export function isKeyRefusal({ status, text }: Pick<GoogleRefusal, "status" | "text">): boolean {
  const { details } = readEnvelope(text);
  return status === 401 || status === 403 ||
    (status === 400 && details.some((one) => KEY_REASONS.has(one.reason ?? "")));
}

function readEnvelope(text: string): z.infer<typeof envelopeSchema>["error"] {
  try {
    // Streams answer errors as an array of one envelope.
    const json: unknown = JSON.parse(text);
    return envelopeSchema.parse(Array.isArray(json) ? json[0] : json).error;
  } catch {
    return { message: "", status: "", details: [] };
  }
}

function retryAfter(
  refusal: GoogleRefusal,
  details: readonly z.infer<typeof detailSchema>[],
  now: number,
): number | undefined {
  // RetryInfo names some seconds even when the day's quota is used up, and none of them will help.
  const daily = details.some((one) => one.violations?.some((two) => /PerDay/.test(two.quotaId)));
  if (daily) return secondsToMidnightPacific(now);
  const delay = details.find((one) => one.retryDelay !== undefined)?.retryDelay ??
    refusal.headers.get("retry-after");
  const seconds = Number.parseFloat(delay ?? "");
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}

/**
 * Seconds until the wall clock in California shows midnight, when Google's quotas of the day begin anew;
 * an hour off on the two days it is moved. `now` is milliseconds since 1970.
 */
export function secondsToMidnightPacific(now: number): number {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: "America/Los_Angeles",
    timeStyle: "medium",
  }).format(now);
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  return 86_400 - (hours * 3600 + minutes * 60 + seconds);
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((kept, secret) => secret ? kept.replaceAll(secret, "***") : kept, text);
}
