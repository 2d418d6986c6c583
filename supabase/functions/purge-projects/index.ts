/**
 * `POST purge-projects`: removes the rows of projects whose grace is over, and the files of projects whose rows are
 * gone, and pictures that were sent and never taken over. Called by pg_cron every 5 minutes.
 *
 * Caller: the secret key in `apikey`. Empty body; answers 202 at once and works on in the background for 40 s at
 * most; what is left is the next tick's.
 * Touches: `projects` and what belongs to them; `storage_purges`; `upload_grants`; Storage.
 *
 * @module
 */
import { purgeProjects } from "../_shared/purge_projects.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Well within the wall clock of a worker, also when the last call of Storage is slow. */
const BUDGET_MS = 40_000;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  // deno-lint-ignore require-await -- answers before the work is done, by design
  return createOperation("purge-projects", services, async (call) => {
    const { storageBucket } = call.services;
    call.services.waitUntil(
      purgeProjects(call.identity.serviceClient, {
        bucket: storageBucket,
        budgetMs: BUDGET_MS,
        log: call.log,
      }),
    );
    return { body: { accepted: true } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
