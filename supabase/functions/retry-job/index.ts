/**
 * `POST retry-job`: tries a failed or cancelled job's asset again: the same asset, a new job, a new charge.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `jobRequest`, answer 202 with `{ asset, job,
 * credits_charged, balance }`.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (it has not failed, or was retried since),
 * 409/422 `IDEMPOTENCY_*`, 410 `MODEL_RETIRED`.
 * Touches: `jobs`, the asset, the ledger; whatever the job touches.
 *
 * @module
 */
import { createJobHandlers } from "../_shared/jobs/job_handlers.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("retry-job", services, async (call) => {
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "retry-job", {
      jobs: [{ retry_of: call.body.job_id }],
      answer: { assets: "asset", jobs: "job", many: false },
      jobServices,
      handlers: createJobHandlers(jobServices),
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
