/**
 * `POST cancel-job`: stops a job and everything under it that is unfinished.
 *
 * Caller: user JWT. Request `jobRequest`, answer 200 with `{ job, cancelled_count, balance }`. What was not
 * delivered is refunded; what was, stays and stays paid. Safe to repeat: a job that has ended is left alone.
 * Errors besides the pipeline's: 404 (no such job, or another tenant's).
 * Touches: `jobs`, the assets, the ledger; the provider, which is told where it can be.
 *
 * @module
 */
import { callSql } from "../_shared/database/rpc.ts";
import { type ProviderTask, stopTasks } from "../_shared/jobs/stop_tasks.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** What SQL says was cancelled. */
interface Cancelled {
  readonly job: unknown;
  readonly cancelled_count: number;
  readonly balance: number;
  /** Work that providers may still be doing. */
  readonly tasks: readonly ProviderTask[];
}

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("cancel-job", services, async (call) => {
    const answer: unknown = await callSql(call.identity.serviceClient, "cancel_job", {
      p_user_id: call.identity.userId,
      p_job_id: call.body.job_id,
    });
    const { tasks, ...body } = answer as Cancelled;
    // After the answer: the money is settled, and a provider that is slow to stop holds nobody up.
    call.services.waitUntil(stopTasks(tasks, call.log));
    return { body };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
