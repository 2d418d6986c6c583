/**
 * Keeping a result that came with the answer to its submit and is in memory alone.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { SubmitOutcome } from "../providers/render.ts";
import type { JobOutcome, StepContext } from "./handler.ts";

/** A result in memory: if it is lost, it is paid for and gone. */
export type FinishedMedia = SubmitOutcome & { readonly outcome: "finished" };

/** Storage may hiccup, and there is no second copy: pauses before it is tried again. */
const KEEP_PAUSES_MS = [250, 2_000];

/**
 * Calls `keep` until Storage takes the result, three times at most. Nothing of this is left to a later
 * step, which would find no result to keep: whatever an `AppError` says, the job has failed.
 */
export async function keepMedia(
  keep: () => Promise<Json>,
  context: Pick<StepContext, "log">,
): Promise<JobOutcome> {
  for (let tries = 0;; tries++) {
    try {
      return { then: "done", result: await keep() };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const pauseMs = KEEP_PAUSES_MS[tries];
      if (pauseMs === undefined || error.code !== "PROVIDER_UNAVAILABLE") {
        return { then: "fail", error };
      }
      context.log.error("keep_failed", { code: error.code }, error);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
