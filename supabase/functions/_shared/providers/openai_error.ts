/**
 * Turns refusals of the OpenAI API into our codes, by one table.
 *
 * Source: https://platform.openai.com/docs/guides/error-codes and the error classes of openai 7.55.0.
 *
 * @module
 */
import { z } from "zod";
import type { ErrorCode } from "../../../../shared/contract/errors.ts";
import { AppError } from "../app_error.ts";

/** A refusal as received. */
export interface OpenAiRefusal {
  /** HTTP status; 200 for an answer whose own status is `failed`. */
  readonly status: number;
  /** Read for `retry-after-ms` and `retry-after`. */
  readonly headers: Headers;
  /** The body as text, which need not be JSON: proxies answer too. */
  readonly text: string;
}

/** What a failure says about itself, before its HTTP status is looked at: by its `code`, then its `type`. */
export const OPENAI_NAMES: Readonly<Record<string, ErrorCode>> = {
  // No money: these come as 429 too, and no wait helps.
  insufficient_quota: "PROVIDER_REJECTED",
  credit_balance_exhausted: "PROVIDER_REJECTED",
  billing_hard_limit_reached: "PROVIDER_REJECTED",
  rate_limit_exceeded: "PROVIDER_RATE_LIMITED",
  slow_down: "PROVIDER_RATE_LIMITED",
  content_filter: "CONTENT_REFUSED",
  content_policy_violation: "CONTENT_REFUSED",
  // What a prompt gets that the safety checks of a reasoning model turn down.
  invalid_prompt: "CONTENT_REFUSED",
  server_error: "PROVIDER_UNAVAILABLE",
  server_is_overloaded: "PROVIDER_UNAVAILABLE",
};

/** Our code by HTTP status; other 4xx are refusals, other 5xx outages. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  408: "PROVIDER_TIMEOUT",
  // Two requests got into each other's way there; the official client tries again.
  409: "PROVIDER_UNAVAILABLE",
  429: "PROVIDER_RATE_LIMITED",
  504: "PROVIDER_TIMEOUT",
};

/** What the operator can do, by `code` or `type`. */
const HINTS: Readonly<Record<string, string>> = {
  invalid_api_key: "The configured API key is not valid",
  insufficient_quota: "The OpenAI account has no credit left",
  credit_balance_exhausted: "The OpenAI account has no credit left",
  billing_hard_limit_reached: "The OpenAI account's spending limit is reached",
  model_not_found: "The model is unknown, or not offered to this account",
};

const Failure = z.object({
  message: z.string().catch(""),
  type: z.string().nullish().catch(null),
  code: z.string().nullish().catch(null),
});

const Envelope = z.object({ error: Failure });

/**
 * Makes the error for a refusal. The message names status and code; OpenAI's own words are kept in `cause`,
 * for the log only, without anything that looks like a key: a refused key is quoted back in part.
 *
 * `PROVIDER_RATE_LIMITED` carries `retryAfterSeconds` when a header says it.
 */
export function openAiError(refusal: OpenAiRefusal, operation: string): AppError {
  const { message, type, code } = readFailure(refusal.text);
  const names = [code, type].filter((name) => name !== null && name !== undefined);
  const known = names.find((name) => Object.hasOwn(OPENAI_NAMES, name));
  const ours = (known === undefined ? undefined : OPENAI_NAMES[known]) ??
    BY_STATUS[refusal.status] ??
    (refusal.status >= 500 || refusal.status < 400 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REJECTED");
  const hint = names.map((name) => HINTS[name]).find((text) => text !== undefined);
  const retryAfterSeconds = ours === "PROVIDER_RATE_LIMITED"
    ? retryAfter(refusal.headers)
    : undefined;
  const facts = [String(refusal.status), names[0]].filter(Boolean).join(" ");
  return new AppError(ours, `Cannot ${operation} at openai: the answer is ${facts}`, {
    cause: new Error(redact(message || refusal.text).slice(0, 500)),
    ...(hint === undefined ? {} : { hint }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function readFailure(text: string): z.infer<typeof Failure> {
  try {
    return Envelope.parse(JSON.parse(text)).error;
  } catch {
    return { message: "", type: null, code: null };
  }
}

/** Milliseconds first, as the official client reads it; then seconds or an HTTP date. */
function retryAfter(headers: Headers): number | undefined {
  const milliseconds = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1000);
  const value = headers.get("retry-after") ?? "";
  const seconds = /^[\d.]+$/.test(value)
    ? Number.parseFloat(value)
    : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

function redact(text: string): string {
  return text.replaceAll(/\b(?:sk|simulated)-[\w*-]+/g, "***");
}
