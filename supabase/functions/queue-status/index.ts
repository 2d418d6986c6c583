/**
 * `GET|POST queue-status`: how many jobs there are by kind and state.
 *
 * Caller: user JWT (own jobs) or the secret key (all). Answer 200 with `{ counts, unfinished_count,
 * oldest_unfinished_at }`: unfinished jobs, and those that ended in the last 24 hours.
 * Touches: reads `jobs`.
 *
 * @module
 */
import { callSql } from "../_shared/database/rpc.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("queue-status", services, async ({ identity }) => {
    const client = identity.userId === "" ? identity.serviceClient : identity.client;
    return { body: await callSql(client, "queue_status", {}) };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
