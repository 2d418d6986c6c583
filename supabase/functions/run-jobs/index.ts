/**
 * `POST run-jobs`: starts jobs that wait for their turn, and takes over those of workers that died. Called
 * by pg_cron every 10 s.
 *
 * Caller: the secret key in `apikey`. Empty body; answers 202 at once and works on in the background.
 * Touches: everything that jobs touch.
 *
 * @module
 */
import { createJobHandlers } from "../_shared/jobs/job_handlers.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { runJobs } from "../_shared/jobs/run_jobs.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Ticks overlap rather than pile up: leases keep them apart. */
const BUDGET_MS = 30_000;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  // deno-lint-ignore require-await -- answers before the work is done, by design
  return createOperation("run-jobs", services, async (call) => {
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    const handlers = createJobHandlers(jobServices);
    call.services.waitUntil(
      runJobs({ queue: jobServices.queue, handlers, log: call.log }, {
        budgetMs: BUDGET_MS,
        states: ["queued", "running"],
      }),
    );
    return { body: { accepted: true } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
