/**
 * `POST video-webhook?provider=&attempt=&token=`: a provider says that a task of ours has changed.
 *
 * Caller: the provider, with the attempt's token in the URL, and its signature where a key is configured.
 * Nothing it says is believed: the job becomes due, and the task is looked at again with our own key.
 * Answers 200 `{ code: 200, msg: "success" }` at once and copies in the background; 404 for an unknown
 * attempt, token or task; 401 for a bad or missing signature; 400 for garbage.
 * Touches: `jobs`, `job_attempts`, `video_clips`, `image_assets`, `films`, the ledger; the provider; Storage.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../_shared/app_error.ts";
import { sha256Hex } from "../_shared/idempotency.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createRenderHandlers } from "../_shared/jobs/render_handlers.ts";
import { runJobs } from "../_shared/jobs/run_jobs.ts";
import { createOperation } from "../_shared/operation.ts";
import { CALLBACKS } from "../_shared/providers/callbacks.ts";
import { platformServices, type Services } from "../_shared/services.ts";

const BUDGET_MS = 60_000;

/** What the callback URL that we gave carries. */
const address = z.object({
  provider: z.enum(["kie", "fal"]),
  attempt: z.uuid(),
  token: z.string().regex(/^[0-9a-f]{32}$/),
});

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("video-webhook", services, async (call) => {
    const query = address.safeParse(Object.fromEntries(new URL(call.request.url).searchParams));
    if (!query.success) throw unknownTask();
    const { externalTaskId } = await CALLBACKS[query.data.provider]({
      headers: call.request.headers,
      rawBody: call.rawBody,
      log: call.log,
    });
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    const woken = await jobServices.queue.wakeByCallback({
      attemptId: query.data.attempt,
      tokenHash: await sha256Hex(query.data.token),
      provider: query.data.provider,
      externalTaskId,
      claim: true,
    });
    if (woken === null) throw unknownTask();
    // Whoever holds it already is told by the engine when it puts the job back.
    if (woken.job !== null) {
      call.services.waitUntil(
        runJobs({
          queue: jobServices.queue,
          handlers: createRenderHandlers(jobServices),
          log: call.log,
        }, { budgetMs: BUDGET_MS, claimed: woken.job }),
      );
    }
    return { body: { code: 200, msg: "success" } };
  });
}

function unknownTask(): AppError {
  return new AppError("NOT_FOUND", "Cannot find the task this callback is about");
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
