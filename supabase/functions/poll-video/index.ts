/**
 * `POST poll-video`: looks at renders that are due, and at films that wait for them. Called by pg_cron every 10 s.
 *
 * Caller: the secret key in `apikey`. Empty body; answers 202 at once and works on in the background.
 * Touches: `jobs`, `image_assets`, `video_clips`, `films`, the ledger; providers; Storage.
 *
 * @module
 */
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createRenderHandlers } from "../_shared/jobs/render_handlers.ts";
import { runJobs } from "../_shared/jobs/run_jobs.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Ticks overlap rather than pile up: leases keep them apart. */
const BUDGET_MS = 30_000;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  // deno-lint-ignore require-await -- answers before the work is done, by design
  return createOperation("poll-video", services, async (call) => {
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    const handlers = createRenderHandlers(jobServices);
    call.services.waitUntil(
      runJobs({ queue: jobServices.queue, handlers, log: call.log }, {
        budgetMs: BUDGET_MS,
        states: ["waiting"],
      }),
    );
    return { body: { accepted: true } };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
