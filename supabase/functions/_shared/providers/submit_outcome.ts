/**
 * What is known about a paid call whose answer never came.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { SubmitOutcome } from "./render.ts";

/**
 * Classifies a failure of `callProvider` on a submit: `never_sent` only when nothing surely left this
 * machine, else `unknown`. Rethrows what is not an `AppError`: that is a bug of ours.
 */
export function lostSubmit(error: unknown): SubmitOutcome {
  if (!(error instanceof AppError)) throw error;
  const { details } = error;
  const neverSent = typeof details === "object" && details !== null && "sent" in details &&
    details.sent === false;
  return { outcome: neverSent ? "never_sent" : "unknown", error };
}

/** The outcome of a submit whose signal was aborted before anything was sent, or null. */
export function calledOff(provider: string, signal: AbortSignal | undefined): SubmitOutcome | null {
  if (signal?.aborted !== true) return null;
  return {
    outcome: "never_sent",
    error: new AppError("PROVIDER_UNAVAILABLE", `Cannot submit to ${provider}: it was called off`, {
      cause: signal.reason,
      details: { sent: false },
    }),
  };
}

/**
 * Classifies a failure of `readOwnPicture` before a submit: `refused` for a picture that can't be sent,
 * `never_sent` when Storage did not give it. Rethrows what is not an `AppError`.
 */
export function unreadPicture(error: unknown): SubmitOutcome {
  if (!(error instanceof AppError)) throw error;
  return { outcome: error.code === "RESULT_INVALID" ? "refused" : "never_sent", error };
}
