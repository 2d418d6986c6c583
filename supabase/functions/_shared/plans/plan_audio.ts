/**
 * Which narration a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { generateAudioRequest } from "../../../../shared/contract/media_operations.ts";
import { AppError } from "../app_error.ts";
import { assertAtMost, limitsOf, type Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { modelOfVoice } from "../voice_list.ts";
import { defaultVoice } from "../voices.ts";
import { narrationJob } from "./asset_jobs.ts";

/** The voice a request means: the one it names, or one that speaks the project's language. */
export function voiceFor(
  { project, settings }: Pick<StudioContext, "project" | "settings">,
  { voice_id }: Pick<z.output<typeof generateAudioRequest>, "voice_id">,
): string {
  return voice_id ?? defaultVoice(project.language, settings.default_tts_voice);
}

/**
 * Plans one job a scene, in order, all of one voice, whose family chooses the model.
 * Errors: `STATE_CONFLICT` (a project without scenes), `MODEL_INPUT_INVALID` (the voice's family, pitch, SSML).
 */
export function planAudio(
  studio: StudioContext,
  body: z.output<typeof generateAudioRequest>,
): NewJob[] {
  const { project, scenes, settings, models } = studio;
  const { scene_id, speed, pitch, volume_gain_db, format } = body;
  const spoken = scene_id === undefined ? scenes : scenes.filter((scene) => scene.id === scene_id);
  if (spoken.length === 0) {
    throw new AppError("STATE_CONFLICT", `Cannot speak project "${project.id}": it has no scenes`);
  }
  const offered = models.filter(({ provider }) => provider === settings.tts_provider);
  const voiceId = voiceFor(studio, body);
  const model = modelOfVoice(offered, voiceId);
  if (pitch !== undefined && pitch !== 0) {
    assertTaken(model, "pitch", { taken: limitsOf(model).takes_pitch, voiceId, models: offered });
  }
  if (body.ssml !== false) {
    assertTaken(model, "ssml", { taken: limitsOf(model).takes_ssml, voiceId, models: offered });
  }
  return spoken.map((scene) => {
    const text = typeof body.ssml === "string" ? body.ssml : scene.text;
    if (body.ssml === false) {
      const count = Array.from(text).length;
      assertAtMost(model, "text", { count, limit: limitsOf(model).max_chars });
    } else {
      assertSsml(model, text);
    }
    return narrationJob(model, {
      projectId: project.id,
      sceneId: scene.id,
      request: {
        text,
        voiceId,
        format,
        ssml: body.ssml !== false,
        ...(speed === undefined ? {} : { speed }),
        ...(pitch === undefined ? {} : { pitch }),
        ...(volume_gain_db === undefined ? {} : { volumeGainDb: volume_gain_db }),
      },
    });
  });
}

/** Throws unless the voice takes it; details list the families that do. */
function assertTaken(
  model: Model,
  field: "ssml" | "pitch",
  { taken, voiceId, models }: {
    readonly taken: boolean | undefined;
    readonly voiceId: string;
    readonly models: readonly Model[];
  },
): void {
  if (taken !== false) return;
  const families = models.filter((other) => other.retired_at === null)
    .filter((other) => limitsOf(other)[`takes_${field}`] !== false)
    .flatMap((other) => limitsOf(other).voice_families ?? []);
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot use ${field} with voice "${voiceId}": voices of ${families.join(", ")} take it`,
    { details: { field, model: model.id, families } },
  );
}

/** One element, not too large: it is sent whole, because a cut would leave its elements open. */
function assertSsml(model: Model, text: string): void {
  if (!/^\s*<speak[\s>][\s\S]*<\/speak>\s*$/.test(text)) {
    throw new AppError("MODEL_INPUT_INVALID", "Cannot speak SSML: it is not one <speak> element", {
      details: { field: "ssml", model: model.id },
    });
  }
  const count = new TextEncoder().encode(text).byteLength;
  const limit = limitsOf(model).max_ssml_bytes;
  if (limit === undefined || count <= limit) return;
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot speak SSML of ${count} bytes: model "${model.id}" takes at most ${limit}, and SSML can't be cut`,
    {
      details: { field: "ssml", model: model.id, limit },
      hint: "Cut the scene in two, or send it as plain text",
    },
  );
}
