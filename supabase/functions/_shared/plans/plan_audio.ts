/**
 * Which narration a request means.
 *
 * @module
 */
import type { z } from "zod";
import type { generateAudioRequest } from "../../../../shared/contract/media_operations.ts";
import { AppError } from "../app_error.ts";
import { chooseModel } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import type { AudioPayload } from "../jobs/audio_job.ts";
import { defaultVoice } from "../voices.ts";

/** Speech takes seconds; a quarter of an hour covers a provider's bad moment and a full queue. */
const DEADLINE_SECONDS = 900;

/** Plans one job a scene, in order. Errors: `STATE_CONFLICT` (a project without scenes). */
export function planAudio(
  { project, scenes, settings, models }: StudioContext,
  { scene_id, voice_id, speed, pitch, volume_gain_db }: z.output<typeof generateAudioRequest>,
): NewJob[] {
  const spoken = scene_id === undefined ? scenes : scenes.filter((scene) => scene.id === scene_id);
  if (spoken.length === 0) {
    throw new AppError("STATE_CONFLICT", `Cannot speak project "${project.id}": it has no scenes`);
  }
  const model = chooseModel(models, { provider: settings.tts_provider });
  const voiceId = voice_id ?? defaultVoice(project.language, settings.default_tts_voice);
  return spoken.map((scene) => {
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
  });
}
