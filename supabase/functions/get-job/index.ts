/**
 * `GET|POST get-job`: a job and the asset it fills; with `wait`, once the job has ended or the time is up.
 *
 * Caller: user JWT. Request `getJobRequest`, answer 200 with `{ job, asset }`.
 * Errors besides the pipeline's: 404 (no such job, or another tenant's).
 * Limits: waits 25 s at most, and no longer than the client does. Touches: reads `jobs` and the asset's table.
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
    const { signal } = call.request;
    while (!isJobEnded(found.job.state as JobState) && performance.now() + LOOK_MS <= until) {
      await pause(signal);
      // Nobody hears the answer any more: it is not worth another look, nor an error in the log.
      if (signal.aborted) break;
      found = await readJob(call.identity.client, call.body.job_id);
    }
    return { body: found };
  });
}

/** Ends with the time between two looks, or with the client's patience. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, LOOK_MS);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
