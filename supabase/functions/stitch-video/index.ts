/**
 * `POST stitch-video`: cuts clips and narration into one film.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `stitchVideoRequest`, answer 202 with
 * `{ film, job, credits_charged, balance }`. `clip_ids` or `cut` say which clips and in which order, `cut` also
 * how much of each is shown and whether its scene's narration is heard; without both: each scene's newest ready
 * clip, in the scenes' order. Clips in a row of one scene share its narration.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (a scene without a ready clip), 409/422
 * `IDEMPOTENCY_*`, 422 `MODEL_INPUT_INVALID` (too many clips; a clip shorter than it shall be shown).
 * Touches: `films`, `jobs`, the ledger; Storage; fal, for clips that differ in codec, size or rate and only when
 * its key is set (else the job ends with `STATE_CONFLICT` naming what differs). README says how long a film may
 * be.
 *
 * @module
 */
import { readStudio } from "../_shared/database/studio_context.ts";
import { createFilmJob } from "../_shared/jobs/film_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import { planFilm } from "../_shared/plans/plan_film.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("stitch-video", services, async (call) => {
    const studio = await readStudio(readFor(call, "stitch-video"), "film", {
      projectId: call.body.project_id,
    });
    if (studio.replay !== null) return studio.replay;
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "stitch-video", {
      jobs: [planFilm(studio, call.body)],
      answer: { assets: "film", jobs: "job", many: false },
      jobServices,
      handlers: [createFilmJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
