/**
 * What the director can have started: planned and priced as by estimate, in its own project alone.
 *
 * @module
 */
import type { ProposedOperation } from "../../../../shared/contract/director.ts";
import { estimateRequest } from "../../../../shared/contract/estimate_operations.ts";
import { AppError } from "../app_error.ts";
import type { Client } from "../database/rpc.ts";
import type { Log } from "../log.ts";
import { type PlannedOperation, planOperation } from "../plans/plan_operation.ts";

/** What can be started. The others are done in the transaction that confirms them. */
export type SpendOperation = Exclude<
  ProposedOperation,
  "confirm-characters" | "cancel-job" | "delete-scene"
>;

/** What would be started, and its price now. */
export interface PlannedAction extends PlannedOperation {
  /** The request, checked and completed: what the click's fingerprint is of. */
  readonly request: unknown;
}

/** What is asked for, about which project. */
export interface ActionRequest {
  /** What to run. */
  readonly operation: SpendOperation;
  /** Its request, not yet checked. */
  readonly body: unknown;
  /** Everything it names must belong to it. */
  readonly projectId: string;
}

/**
 * Plans with the user's own rights, and passes the gates that ask nobody. Errors: those of the operation:
 * `NOT_FOUND`, `STATE_CONFLICT`, `MODEL_*`, `PLAN_DOES_NOT_FIT`, `PROVIDER_NOT_CONFIGURED`, `BUDGET_EXCEEDED`,
 * `INSUFFICIENT_CREDITS` (of productions), `VALIDATION_FAILED`.
 */
export async function planAction(
  client: Client,
  { operation, body, projectId }: ActionRequest,
  log: Log,
): Promise<PlannedAction> {
  const checked = estimateRequest.safeParse({ operation, body });
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw new AppError(
      "VALIDATION_FAILED",
      `Cannot plan this: ${issue?.path.slice(1).join(".") || "it"}: ${issue?.message ?? "invalid"}`,
    );
  }
  const planned = await planOperation(client, checked.data);
  if (planned.projectId !== projectId) {
    throw new AppError("NOT_FOUND", "Cannot find what it names in this project");
  }
  planned.gates.assertConfigured(log);
  planned.gates.assertAffordable();
  return { ...planned, request: checked.data.body };
}
