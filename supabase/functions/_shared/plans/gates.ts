/**
 * What stands between a plan and its charge. Each operation has its own gates, in a file of its own; whoever plans
 * for it, such as the director, passes the same ones.
 *
 * @module
 */
import type { Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { Log } from "../log.ts";

/** What an operation asks before it charges. `create_jobs` has the last word on balance and budget. */
export interface Gates {
  /**
   * Asks nobody: a provider without a key is told at once, not by a job that was charged. Throws
   * `PROVIDER_NOT_CONFIGURED`.
   */
  assertConfigured(log: Log): void;
  /** Asks nobody. Throws `BUDGET_EXCEEDED`, `INSUFFICIENT_CREDITS`, where the operation says so before it begins. */
  assertAffordable(): void;
  /** Asks moderators and providers. Throws `CONTENT_REFUSED`, `MODEL_INPUT_INVALID`. */
  assertAllowed(log: Log): Promise<void>;
}

/** Nothing to ask. */
export const OPEN_GATES: Gates = {
  assertConfigured: () => {},
  assertAffordable: () => {},
  assertAllowed: () => Promise.resolve(),
};

/** Passes all of them, the quick ones first. Errors: those of {@link Gates}. */
export async function passGates(gates: Gates, log: Log): Promise<void> {
  gates.assertConfigured(log);
  gates.assertAffordable();
  await gates.assertAllowed(log);
}

/** What gates ask about. */
export interface Planned {
  /** What was planned from. */
  readonly models: readonly Model[];
  /** What would be started, all with one model. */
  readonly jobs: readonly NewJob[];
}

/** The provider of what was planned. */
export function providerOf({ models, jobs }: Planned): string {
  const model = models.find(({ id }) => id === jobs[0]?.model_id);
  if (model === undefined) throw new Error("The plan's model is not in its catalogue");
  return model.provider;
}
