/**
 * `POST generate-image`: draws pictures for a scene, or for a project as a whole.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateImageRequest`, answer 202 with
 * `{ image_asset, job, image_assets, jobs, credits_charged, balance }`, the first two being the first candidate:
 * a picture is `pending` and becomes `ready` or `failed` (with its reason, and its credits back) in its row.
 * Errors besides the pipeline's: 402, 404 (no such scene or project, or another tenant's), 409/422
 * `IDEMPOTENCY_*`, 410 `MODEL_RETIRED`, 422 `MODEL_INPUT_INVALID`, `CONTENT_REFUSED` (by moderation, before any
 * charge), 503 `PROVIDER_NOT_CONFIGURED`.
 * Touches: `image_assets`, `jobs`, the ledger; the moderator; the picture's provider; Storage.
 *
 * @module
 */
import { readStudio } from "../_shared/database/studio_context.ts";
import { createImageJob } from "../_shared/jobs/image_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import { passGates } from "../_shared/plans/gates.ts";
import { imageGates } from "../_shared/plans/image_gates.ts";
import { planImages } from "../_shared/plans/plan_images.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-image", services, async (call) => {
    const studio = await readStudio(readFor(call, "generate-image"), "image", {
      sceneId: call.body.scene_id,
      projectId: call.body.project_id,
    });
    if (studio.replay !== null) return studio.replay;
    const jobs = planImages(studio, call.body);
    await passGates(imageGates({ ...studio, jobs }), call.log);
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "generate-image", {
      jobs,
      answer: {
        assets: "image_assets",
        jobs: "jobs",
        many: true,
        first: { asset: "image_asset", job: "job" },
      },
      jobServices,
      handlers: [createImageJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
