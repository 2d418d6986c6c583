/**
 * `GET|POST get-job`: a job and the asset it fills; with `wait`, once the job has ended or the time is up.
 *
 * Caller: user JWT. Request `getJobRequest`, answer 200 with `{ job, asset }`.
 * Errors besides the pipeline's: 404 (no such job, or another tenant's).
 * Limits: waits 25 s at most. Touches: reads `jobs` and the asset's table.
 *
 * @module
 */
import { isJobEnded, type JobState } from "../../../shared/contract/statuses.ts";
import { readJob } from "../_shared/database/job_reads.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Between looks while waiting: quick enough for people, slow enough for the database. */
const LOOK_MS = 500;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("get-job", services, async (call) => {
    const until = performance.now() + call.body.wait * 1000;
    let found = await readJob(call.identity.client, call.body.job_id);
    while (!isJobEnded(found.job.state as JobState) && performance.now() + LOOK_MS <= until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      call.request.signal.throwIfAborted();
      found = await readJob(call.identity.client, call.body.job_id);
    }
    return { body: found };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
