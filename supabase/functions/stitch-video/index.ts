/**
 * `POST stitch-video`: cuts clips and narration into one film.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `stitchVideoRequest`, answer 202 with
 * `{ film, job, credits_charged, balance }`. Without `clip_ids`: each scene's newest ready clip, in the
 * scenes' order.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (a scene without a ready clip), 409/422
 * `IDEMPOTENCY_*`, 422 `MODEL_INPUT_INVALID` (too many clips).
 * Touches: `films`, `jobs`, the ledger; Storage. README says how long a film may be.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { assertAtMost, chooseModel, limitsOf } from "../_shared/catalogue.ts";
import { readStudio, type StudioContext } from "../_shared/database/studio_context.ts";
import { createFilmJob, type FilmPayload } from "../_shared/jobs/film_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";

/** Cutting takes seconds. */
const DEADLINE_SECONDS = 900;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("stitch-video", services, async (call) => {
    const studio = await readStudio(call.identity.client, "film", {
      projectId: call.body.project_id,
    });
    const clips = clipsOf(studio, call.body.clip_ids);
    const model = chooseModel(studio.models, {});
    assertAtMost(model, "clip_ids", { count: clips.length, limit: limitsOf(model).max_clips });
    const payload: FilmPayload = {
      clips: clips.map((clip) => {
        const narration = studio.audio_clips.find((audio) =>
          clip.scene_id !== null && audio.scene_id === clip.scene_id
        );
        return {
          clip_id: clip.id,
          clip_url: clip.url ?? "",
          audio_clip_id: narration?.id ?? null,
          audio_url: narration?.url ?? null,
        };
      }),
    };
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "stitch-video", {
      jobs: [{
        kind: "film",
        project_id: studio.project.id,
        model_id: model.id,
        units: 1,
        deadline_sec: DEADLINE_SECONDS,
        payload: JSON.parse(JSON.stringify(payload)),
        asset: {
          cut: payload.clips.map(({ clip_id, audio_clip_id }) => ({ clip_id, audio_clip_id })),
        },
      }],
      answer: { assets: "film", jobs: "job", many: false },
      jobServices,
      handlers: [createFilmJob(jobServices)],
    });
  });
}

function clipsOf(
  studio: StudioContext,
  ids: readonly string[] | undefined,
): StudioContext["video_clips"][number][] {
  if (ids !== undefined) {
    return ids.map((id) => {
      const clip = studio.video_clips.find((candidate) => candidate.id === id);
      if (clip !== undefined) return clip;
      throw new AppError("NOT_FOUND", `Cannot find a ready clip "${id}" in this project`);
    });
  }
  if (studio.scenes.length === 0) {
    throw new AppError(
      "STATE_CONFLICT",
      `Cannot cut project "${studio.project.id}": it has no scenes`,
    );
  }
  return studio.scenes.map((scene) => {
    const clip = studio.video_clips.find((candidate) => candidate.scene_id === scene.id);
    if (clip !== undefined) return clip;
    throw new AppError("STATE_CONFLICT", `Cannot cut scene ${scene.index}: it has no ready clip`, {
      details: { scene_id: scene.id },
      hint: "Call generate-video for the scene first",
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
