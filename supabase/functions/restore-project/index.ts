/**
 * `POST restore-project`: brings a deleted project back with all that was in it.
 *
 * Caller: user JWT. Request `projectRequest`, answer 200 with `{ project }`. Jobs that the deletion cancelled stay
 * cancelled; `retry-job` starts them again. Safe to repeat, and on a project that was never deleted.
 * Errors besides the pipeline's: 404 (no such project, or another tenant's, or its rows are gone), 410
 * `PROJECT_GONE` (deleted more than 7 days ago).
 * Touches: `projects`.
 *
 * @module
 */
import { callSql } from "../_shared/database/rpc.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("restore-project", services, async (call) => ({
    body: await callSql(call.identity.serviceClient, "restore_project", {
      p_user_id: call.identity.userId,
      p_project_id: call.body.project_id,
    }),
  }));
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
