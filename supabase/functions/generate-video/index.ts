/**
 * `POST generate-video`: renders a clip from each picture.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateVideoRequest`, answer 202 with
 * `{ video_clips, jobs, credits_charged, balance }`, in the order of the ids. Clips go
 * `pending → rendering → ready | failed` in their rows. With `preset`, `prompt` is worked into the style's own
 * prompt, which a language model polishes where one is configured and answers in time; what was sent and who
 * wrote it is kept in `video_clips.prompt` and `prompt_by`. `last_image_id`: the one clip asked for ends at
 * that picture, by models whose row says `limits.last_frame`.
 * Errors besides the pipeline's: 402, 404 (project, picture or scene), 409 `STATE_CONFLICT` (a scene
 * without a ready picture), 409/422 `IDEMPOTENCY_*`, 410 `MODEL_RETIRED`, 422 `MODEL_INPUT_INVALID` (with
 * the allowed values; for `preset` too), `CONTENT_REFUSED` (by moderation, before any charge), 503
 * `PROVIDER_NOT_CONFIGURED` (`RUNWAY_MODEL_ID` too, when it names no model of the catalogue).
 * Touches: `presets`, `video_clips`, `jobs`, the ledger; the moderator; the video provider; a language model;
 * Storage.
 *
 * @module
 */
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createVideoJob } from "../_shared/jobs/video_job.ts";
import { readPreset } from "../_shared/database/preset.ts";
import { readStudio } from "../_shared/database/studio_context.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import { clipGates } from "../_shared/plans/clip_gates.ts";
import { passGates } from "../_shared/plans/gates.ts";
import { planClips } from "../_shared/plans/plan_clips.ts";
import { planInStyle } from "../_shared/plans/plan_in_style.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-video", services, async (call) => {
    const { body, identity, log } = call;
    const studio = await readStudio(
      readFor(call, "generate-video"),
      body.preset === undefined ? "video" : "all",
      { projectId: body.project_id },
    );
    if (studio.replay !== null) return studio.replay;
    const preset = await readPreset(identity.client, body.preset);
    const jobs = preset === null
      ? planClips(studio, body)
      : await planInStyle(studio, { body, preset, log, signal: call.request.signal });
    await passGates(clipGates({ ...studio, jobs }), log);
    const jobServices = createJobServices(call.services, identity.serviceClient, log);
    return await startJobs(call, "generate-video", {
      jobs,
      answer: { assets: "video_clips", jobs: "jobs", many: true },
      jobServices,
      handlers: [createVideoJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
