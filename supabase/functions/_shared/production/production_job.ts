/**
 * Films as trees: a production looks at all there is, starts what can be started, and waits for what ends
 * next. It does no work itself.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { ERRORS } from "../../../../shared/contract/errors.ts";
import { isJobEnded } from "../../../../shared/contract/statuses.ts";
import type { Productions } from "../database/productions.ts";
import type { JobHandler, JobOutcome } from "../jobs/handler.ts";
import type { Log } from "../log.ts";
import { createModerator, type Moderator } from "../providers/moderation.ts";
import { decide } from "./decide.ts";
import { assertStepAllowed } from "./moderate_step.ts";
import type { ProductionPayload } from "./payload.ts";
import type { ProductionState } from "./state.ts";

/** Each child's end and each confirmation wakes it: this is the net below them, and finds what others began. */
const LOOK_AGAIN_SECONDS = 60;

/** Something else held the row or the account for a moment. */
const BUSY_SECONDS = 0.2;

/** Writes that decide more come once or twice in a step; more would be a fault of ours. */
const MOST_TURNS = 8;

/** Makes the handler of kind `production`. `moderate` makes who looks at what a step would buy. */
export function createProductionJob(
  productions: Productions,
  moderate: (log: Log) => Moderator = createModerator,
): JobHandler {
  return {
    kind: "production",
    run: async (job, { log, signal }): Promise<JobOutcome> => {
      const given: unknown = job.payload;
      const payload = given as ProductionPayload;
      for (let turn = 0; turn < MOST_TURNS; turn++) {
        const state = await productions.read(job.id);
        if (state === null) return { then: "lost" };
        try {
          const decision = decide(state, payload);
          const { then, progress } = decision;
          if (then.kind === "fail") return { then: "fail", error: then.error };
          const { items } = decision;
          await assertStepAllowed(items, state, { moderator: () => moderate(log), signal });
          const stepped = await productions.step(job, decision);
          if (stepped === "busy") return { then: "wait", seconds: BUSY_SECONDS };
          if (stepped === "lost") return { then: "lost" };
          if (then.kind === "done") return { then: "done", result: then.result };
          if (then.kind === "wait") return { then: "wait", seconds: LOOK_AGAIN_SECONDS, progress };
        } catch (error) {
          return stop(error, state);
        }
      }
      throw new Error("A production decides in circles");
    },
  };
}

/** What is under way is paid for: it is waited for before the production ends. */
function stop(error: unknown, state: ProductionState): JobOutcome {
  if (!(error instanceof AppError)) throw error;
  const isBusy = state.children.some((child) => !isJobEnded(child.state));
  if (isBusy) return { then: "wait", seconds: LOOK_AGAIN_SECONDS };
  // Such as a moderator that has to answer and is down: the step is tried again.
  if (ERRORS[error.code].retryable) throw error;
  return { then: "fail", error };
}
