/**
 * KIE's failures as our codes. KIE answers HTTP 200 to almost everything and puts the status into the
 * body's `code`; a task's failure has a code of its own. Source: docs.kie.ai, August 2026.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { ErrorCode } from "../../../../shared/contract/errors.ts";
import { providerText } from "./provider_text.ts";

/** By the body's `code`. All others: 5xx `PROVIDER_UNAVAILABLE`, else `PROVIDER_REJECTED`. */
export const KIE_CODES: Readonly<Record<number, ErrorCode>> = {
  400: "PROVIDER_REJECTED",
  401: "PROVIDER_REJECTED",
  // No credits left.
  402: "PROVIDER_REJECTED",
  403: "PROVIDER_REJECTED",
  404: "PROVIDER_REJECTED",
  // Its upstream gave nothing for ten minutes.
  408: "PROVIDER_UNAVAILABLE",
  422: "PROVIDER_REJECTED",
  // 430 and 433 are the limits of single model families and of single keys.
  429: "PROVIDER_RATE_LIMITED",
  430: "PROVIDER_RATE_LIMITED",
  433: "PROVIDER_RATE_LIMITED",
  // Maintenance.
  455: "PROVIDER_UNAVAILABLE",
  // Also sent for wrong parameters and paused models, so whoever tries again must count.
  500: "PROVIDER_UNAVAILABLE",
  // The generation failed.
  501: "PROVIDER_FAILED",
  // The feature is switched off.
  505: "PROVIDER_REJECTED",
};

/**
 * KIE has no code of its own for a refusal by safety rules: it comes as 400, 422, 500 or 501 with a
 * sentence. This is the one place where a message's words decide, and all they decide is what the user
 * is told. Source: error tables of docs.kie.ai ("flagged by Website as violating content policies",
 * "public error minor upload", "public error prominent people upload").
 */
const REFUSAL_WORDS =
  /content polic|violat|flagged|nsfw|sensitive|moderat|safety|prohibited|inappropriate|public error (minor|prominent)/i;

/** What KIE said, from wherever it said it. */
export interface KieFailure {
  /** The body's `code` or the HTTP status, or a task's `failCode`. */
  readonly code: number;
  /** `msg`, `message` or `failMsg`. */
  readonly message: unknown;
  /** What we tried, for the sentence: `create the task`. */
  readonly action: string;
}

/** Makes our error from an answer whose code is not 200. */
export function kieRequestError({ code, message, action }: KieFailure): AppError {
  return new AppError(
    isRefusal(message) ? "CONTENT_REFUSED" : KIE_CODES[code] ??
      (code >= 500 ? "PROVIDER_UNAVAILABLE" : "PROVIDER_REJECTED"),
    `Cannot ${action} at kie: code ${code}: ${providerText(message)}`,
  );
}

/** Makes our error from a task that ended in failure. */
export function kieTaskError({ code, message, action }: KieFailure): AppError {
  return new AppError(
    isRefusal(message)
      ? "CONTENT_REFUSED"
      : KIE_CODES[code] === "PROVIDER_REJECTED"
      ? "PROVIDER_REJECTED"
      : "PROVIDER_FAILED",
    `Cannot ${action} at kie: code ${Number.isNaN(code) ? "unknown" : code}: ${
      providerText(message)
    }`,
  );
}

function isRefusal(message: unknown): boolean {
  return typeof message === "string" && REFUSAL_WORDS.test(message);
}
