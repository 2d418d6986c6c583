/**
 * `POST delete-account`: deletes the caller's account with everything in it, at once and for good.
 *
 * Caller: user JWT. Request `deleteAccountRequest` (`{ confirm: "DELETE" }`), answer 200 with
 * `{ deleted, project_count, cancelled_count }`. Unfinished jobs end and are refunded, rows go in the same
 * transaction, files with the next ticks of purge-projects. The ledger's entries stay, by an id that is nobody's.
 * The token outlives the account and opens nothing; a second call is answered 401.
 * Errors besides the pipeline's: 401 `UNAUTHENTICATED` (there is no such account any more).
 * Touches: `auth.users` and everything of the user's; providers, which are told where they can be.
 *
 * In SQL and not by Auth's admin API: one transaction with the money, and a user who clicks meanwhile is either
 * before it or refused.
 *
 * @module
 */
import { callSql } from "../_shared/database/rpc.ts";
import { type ProviderTask, stopTasks } from "../_shared/jobs/stop_tasks.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("delete-account", services, async (call) => {
    const answer: unknown = await callSql(call.identity.serviceClient, "delete_account", {
      p_user_id: call.identity.userId,
    });
    const { tasks, ...counts } = answer as { readonly tasks: readonly ProviderTask[] };
    call.services.waitUntil(stopTasks(tasks, call.log));
    return { body: { deleted: true, ...counts } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
