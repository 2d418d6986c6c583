/**
 * `POST retry-job`: tries a failed or cancelled job's asset again: the same asset, a new job, a new charge.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `jobRequest`, answer 202 with `{ asset, job,
 * credits_charged, balance }`.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (it has not failed, or was retried since),
 * 409/422 `IDEMPOTENCY_*`, 410 `MODEL_RETIRED`, 503 `PROVIDER_NOT_CONFIGURED`; of a film also those of its plan, such
 * as 422 `PLAN_DOES_NOT_FIT`.
 * Touches: `jobs`, the asset, the ledger; whatever the job touches.
 *
 * @module
 */
import { readJob } from "../_shared/database/job_reads.ts";
import { readCatalogue } from "../_shared/database/studio_context.ts";
import { createJobHandlers } from "../_shared/jobs/job_handlers.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation, type OperationCall, readFor } from "../_shared/operation.ts";
import { assertConfigured } from "../_shared/plans/configured.ts";
import { planOperation } from "../_shared/plans/plan_operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("retry-job", services, async (call) => {
    try {
      await assertRetriable(call);
    } catch (error) {
      // What has been started once is answered as it was, whatever has changed since.
      const { replay } = await readCatalogue(readFor(call, "retry-job"), "film");
      if (replay !== null) return { ...replay };
      throw error;
    }
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "retry-job", {
      jobs: [{ retry_of: call.body.job_id }],
      answer: { assets: "asset", jobs: "job", many: false },
      jobServices,
      handlers: createJobHandlers(jobServices),
    });
  });
}

/** Throws `PROVIDER_NOT_CONFIGURED` when a key has gone since, `NOT_FOUND`, and of a film what its plan has. */
async function assertRetriable({ identity, body, log }: OperationCall<"retry-job">): Promise<void> {
  const { job } = await readJob(identity.client, body.job_id);
  const { items } = job.kind !== "production"
    ? { items: [job] }
    : (await planOperation(identity.client, { operation: "retry-job", body })).quote;
  assertConfigured(items, log);
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
