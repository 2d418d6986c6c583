/**
 * Which cut a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { stitchVideoRequest } from "../../../../shared/contract/media_operations.ts";
import { AppError } from "../app_error.ts";
import { assertAtMost, chooseModel, limitsOf } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import type { FilmPayload } from "../jobs/film_job.ts";

/** Cutting takes seconds. */
const DEADLINE_SECONDS = 900;

/**
 * Plans the one job: the clips named, or each scene's newest ready clip, each with its scene's narration.
 * Errors: `NOT_FOUND`, `STATE_CONFLICT` (a scene without a ready clip, or with narration that is no mp3),
 * `MODEL_INPUT_INVALID`.
 */
export function planFilm(studio: StudioContext, body: z.output<typeof stitchVideoRequest>): NewJob {
  const clips = clipsOf(studio, body.clip_ids);
  const model = chooseModel(studio.models, {});
  assertAtMost(model, "clip_ids", { count: clips.length, limit: limitsOf(model).max_clips });
  const payload: FilmPayload = {
    clips: clips.map((clip) => {
      const narration = narrationOf(studio, clip.scene_id);
      return {
        clip_id: clip.id,
        clip_url: clip.url ?? "",
        audio_clip_id: narration?.id ?? null,
        audio_url: narration?.url ?? null,
      };
    }),
  };
  return {
    kind: "film",
    project_id: studio.project.id,
    model_id: model.id,
    units: 1,
    deadline_sec: DEADLINE_SECONDS,
    payload: JSON.parse(JSON.stringify(payload)),
    asset: { cut: payload.clips.map(({ clip_id, audio_clip_id }) => ({ clip_id, audio_clip_id })) },
  };
}

/** The newest that can be cut: films take mp3 alone. A film without what was spoken would be a surprise. */
function narrationOf(
  { audio_clips }: StudioContext,
  sceneId: string | null,
): StudioContext["audio_clips"][number] | undefined {
  const spoken = audio_clips.filter((audio) => sceneId !== null && audio.scene_id === sceneId);
  const narration = spoken.find((audio) => audio.format === "mp3");
  if (narration === undefined && spoken.length > 0) {
    throw new AppError(
      "STATE_CONFLICT",
      `Cannot cut scene "${sceneId}": its narration is ogg only`,
      {
        details: { scene_id: sceneId },
        hint: "Call generate-audio for the scene with format mp3 first",
      },
    );
  }
  return narration;
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
