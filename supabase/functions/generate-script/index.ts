/**
 * `POST generate-script`: a project and its scenes 1..N from a prompt.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateScriptRequest`, answer 200 with
 * `{ project, scenes, credits_charged, balance }`, all as in `shared/contract/media_operations.ts`.
 * Errors besides the pipeline's: 402 `INSUFFICIENT_CREDITS`, 409 `IDEMPOTENCY_IN_PROGRESS`, 410
 * `MODEL_RETIRED`, 422 `MODEL_INPUT_INVALID`, `CONTENT_REFUSED`, `IDEMPOTENCY_KEY_REUSED`, 502/503/504
 * `PROVIDER_*`: then there is no project, and the credits are back. What moderation refuses is not charged at all.
 * Limits: body 256 KB, prompt 5000 characters; answers within 100 s.
 * Touches: `projects`, `scenes`, `jobs`, the ledger; the moderator; the language model asked for, and the one named by
 * SCRIPT_FALLBACK_MODEL when that one can't be reached, is out of quota or takes too long.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { readCatalogue } from "../_shared/database/studio_context.ts";
import { readScriptFallback } from "../_shared/env.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { runJobs } from "../_shared/jobs/run_jobs.ts";
import { createScriptJob } from "../_shared/jobs/script_job.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import { passGates } from "../_shared/plans/gates.ts";
import { planScript } from "../_shared/plans/plan_script.ts";
import { scriptGates } from "../_shared/plans/script_gates.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { isErrorCode } from "../../../shared/contract/errors.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-script", services, async (call) => {
    const catalogue = await readCatalogue(readFor(call, "generate-script"), "script");
    if (catalogue.replay !== null) return catalogue.replay;
    const job = planScript(catalogue, call.body, readScriptFallback());
    await passGates(scriptGates({ ...catalogue, jobs: [job] }, call.body.prompt), call.log);
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    const click = await jobServices.queue.create({
      userId: call.identity.userId,
      operation: "generate-script",
      idempotency: call.idempotency,
      requestId: call.requestId,
      jobs: [job],
      answer: null,
    });
    if (click.status !== null) return click;
    await runJobs(
      { queue: jobServices.queue, handlers: [createScriptJob(jobServices)], log: call.log },
      { budgetMs: 1_000, jobId: click.job_id },
    );
    const answer = await jobServices.queue.readAnswer(click.job_id);
    if (answer.status !== null) return { status: answer.status, body: answer.body };
    if (answer.error !== null) {
      const { code, message } = answer.error;
      throw new AppError(isErrorCode(code) ? code : "INTERNAL", message);
    }
    throw new AppError(
      "IDEMPOTENCY_IN_PROGRESS",
      "Cannot answer yet: the script is being written",
      {
        retryAfterSeconds: 1,
      },
    );
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
