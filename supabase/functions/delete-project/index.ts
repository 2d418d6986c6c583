/**
 * `POST delete-project`: deletes a project, and stops what is being made for it.
 *
 * Caller: user JWT. Request `projectRequest`, answer 200 with `{ project, restorable_until, cancelled_count,
 * balance }`. Gone from every read at once; what was not delivered is refunded in the same transaction. Until
 * `restorable_until` (7 days) `restore-project` brings it back, then rows and files go (purge-projects).
 * Safe to repeat: the first deletion counts.
 * Errors besides the pipeline's: 404 (no such project, or another tenant's).
 * Touches: `projects`, `jobs`, the assets, the ledger; providers, which are told where they can be.
 *
 * @module
 */
import { callSql } from "../_shared/database/rpc.ts";
import { type ProviderTask, stopTasks } from "../_shared/jobs/stop_tasks.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("delete-project", services, async (call) => {
    const answer: unknown = await callSql(call.identity.serviceClient, "delete_project", {
      p_user_id: call.identity.userId,
      p_project_id: call.body.project_id,
    });
    const { tasks, ...body } = answer as { readonly tasks: readonly ProviderTask[] };
    call.services.waitUntil(stopTasks(tasks, call.log));
    return { body };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
