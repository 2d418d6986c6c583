/**
 * `POST generate-audio`: speaks the narration of one scene, or of every scene of a project.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `generateAudioRequest`, answer 202 with
 * `{ audio_clips, jobs, credits_charged, balance }`, in the scenes' order. Each clip ends `ready` or
 * `failed` on its own; one scene's failure stops no other.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (a project without scenes), 409/422
 * `IDEMPOTENCY_*`, 503 `PROVIDER_NOT_CONFIGURED`.
 * Touches: `audio_clips`, `jobs`, the ledger; the speech provider; Storage.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { chooseModel } from "../_shared/catalogue.ts";
import { readStudio } from "../_shared/database/studio_context.ts";
import { readProviderEnv } from "../_shared/env.ts";
import { type AudioPayload, createAudioJob } from "../_shared/jobs/audio_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";
import { defaultVoice } from "../_shared/voices.ts";

/** Speech takes seconds; a quarter of an hour covers a provider's bad moment and a full queue. */
const DEADLINE_SECONDS = 900;

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("generate-audio", services, async (call) => {
    const { scene_id, project_id, speed, pitch, volume_gain_db } = call.body;
    const studio = await readStudio(call.identity.client, "speech", {
      sceneId: scene_id,
      projectId: project_id,
    });
    const { project, settings } = studio;
    const scenes = scene_id === undefined
      ? studio.scenes
      : studio.scenes.filter((scene) => scene.id === scene_id);
    if (scenes.length === 0) {
      throw new AppError(
        "STATE_CONFLICT",
        `Cannot speak project "${project.id}": it has no scenes`,
      );
    }
    const model = chooseModel(studio.models, { provider: settings.tts_provider });
    const voiceId = call.body.voice_id ??
      defaultVoice(project.language, settings.default_tts_voice);
    readProviderEnv("googleTts");

    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "generate-audio", {
      jobs: scenes.map((scene) => {
        const payload: AudioPayload = {
          scene_id: scene.id,
          request: {
            text: scene.text,
            voiceId,
            ...(speed === undefined ? {} : { speed }),
            ...(pitch === undefined ? {} : { pitch }),
            ...(volume_gain_db === undefined ? {} : { volumeGainDb: volume_gain_db }),
          },
        };
        return {
          kind: "audio",
          project_id: project.id,
          model_id: model.id,
          units: Array.from(scene.text).length / 1000,
          deadline_sec: DEADLINE_SECONDS,
          payload: JSON.parse(JSON.stringify(payload)),
          asset: {
            scene_id: scene.id,
            provider: model.provider,
            voice_id: voiceId,
            speed: speed ?? 1,
            pitch: pitch ?? null,
            volume_gain_db: volume_gain_db ?? null,
          },
        };
      }),
      answer: { assets: "audio_clips", jobs: "jobs", many: true },
      jobServices,
      handlers: [createAudioJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
