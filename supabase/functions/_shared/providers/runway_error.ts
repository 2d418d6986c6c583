/**
 * Runway's failures as our codes. Source: docs.dev.runwayml.com, "HTTP errors" and "Task failures", read
 * September 2026.
 *
 * @module
 */
import { z } from "zod";
import type { ErrorCode } from "../../../../shared/contract/errors.ts";
import { AppError } from "../app_error.ts";
import { providerText } from "./provider_text.ts";
import type { RunwayRefusal } from "./runway_client.ts";

const Problem = z.looseObject({
  error: z.string(),
  issues: z.array(z.looseObject({
    path: z.array(z.union([z.string(), z.number()])).optional(),
    message: z.string().optional(),
  })).optional(),
});

/** A 429 means the day's generations are used up: nothing changes within seconds. */
const QUOTA_PAUSE_SECONDS = 60;

/**
 * By the beginning of a `failureCode`: the first that fits decides. One that none fits, or none at all, is
 * Runway's own trouble: `PROVIDER_FAILED`.
 */
export const RUNWAY_FAILURES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ["INPUT_PREPROCESSING.SAFETY", "CONTENT_REFUSED"],
  ["SAFETY", "CONTENT_REFUSED"],
  ["ASSET.INVALID", "PROVIDER_REJECTED"],
  ["INPUT_PREPROCESSING.INTERNAL", "PROVIDER_FAILED"],
  ["INTERNAL.BAD_OUTPUT", "PROVIDER_FAILED"],
  ["INTERNAL", "PROVIDER_FAILED"],
  ["THIRD_PARTY.UNAVAILABLE", "PROVIDER_FAILED"],
];

/** Tells whether a refusal is Runway's own answer rather than one of something in the way. */
export function isRunwayProblem({ body }: RunwayRefusal): boolean {
  return Problem.safeParse(body).success;
}

/** Makes our error from a request that Runway refused. `retryAfterSeconds` is set for 429. */
export function runwayRequestError(refusal: RunwayRefusal, action: string): AppError {
  const { status, headers } = refusal;
  const code: ErrorCode = status === 429
    ? "PROVIDER_RATE_LIMITED"
    : status >= 500 || status < 400 || status === 408
    ? "PROVIDER_UNAVAILABLE"
    : "PROVIDER_REJECTED";
  const asked = Number(headers.get("retry-after") ?? Number.NaN);
  const retryAfterSeconds = asked > 0 ? asked : QUOTA_PAUSE_SECONDS;
  return new AppError(
    code,
    `Cannot ${action} at runway: HTTP status ${status}: ${providerText(sentence(refusal.body))}`,
    status === 429 ? { retryAfterSeconds } : {},
  );
}

/** Makes our error from a task that ended FAILED. Neither text is shown without our words around it. */
export function runwayTaskError(task: {
  readonly failure?: string | null | undefined;
  readonly failureCode?: string | null | undefined;
}): AppError {
  const failureCode = task.failureCode ?? "INTERNAL";
  const [, code] =
    RUNWAY_FAILURES.find(([prefix]) =>
      failureCode === prefix || failureCode.startsWith(`${prefix}.`)
    ) ??
      ["", "PROVIDER_FAILED"];
  return new AppError(
    code,
    `Cannot render at runway: ${providerText(failureCode)}: ${providerText(task.failure)}`,
  );
}

function sentence(body: unknown): unknown {
  const { data: problem } = Problem.safeParse(body);
  if (problem === undefined) return null;
  const issues = (problem.issues ?? []).map(({ path, message }) =>
    `${path?.join(".") || "body"}: ${message ?? "?"}`
  );
  return [problem.error, ...issues].join("; ");
}
