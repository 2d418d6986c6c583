/**
 * `POST generate-audio`: speaks the narration of one scene, or of every scene of a project.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateAudioRequest`, answer 202 with
 * `{ audio_clips, jobs, credits_charged, balance }`, in the scenes' order. Each clip ends `ready` or
 * `failed` on its own; one scene's failure stops no other.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (a project without scenes), 409/422
 * `IDEMPOTENCY_*`, 422 `MODEL_INPUT_INVALID` (an unknown voice, or one that takes no pitch or SSML; with what
 * would do), 503 `PROVIDER_NOT_CONFIGURED`. A wrong SSML may also be told by the failed clip.
 * Limits: plain text is cut into requests as needed; SSML is one request of at most 5000 bytes.
 * Touches: `audio_clips`, `jobs`, the ledger; the speech provider; Storage.
 *
 * @module
 */
import { readStudio } from "../_shared/database/studio_context.ts";
import { createAudioJob } from "../_shared/jobs/audio_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import { audioGates } from "../_shared/plans/audio_gates.ts";
import { passGates } from "../_shared/plans/gates.ts";
import { planAudio } from "../_shared/plans/plan_audio.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-audio", services, async (call) => {
    const studio = await readStudio(readFor(call, "generate-audio"), "speech", {
      sceneId: call.body.scene_id,
      projectId: call.body.project_id,
    });
    if (studio.replay !== null) return studio.replay;
    const jobs = planAudio(studio, call.body);
    await passGates(audioGates(studio, call.body), call.log);
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "generate-audio", {
      jobs,
      answer: { assets: "audio_clips", jobs: "jobs", many: true },
      jobServices,
      handlers: [createAudioJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
