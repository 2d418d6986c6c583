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
import { planSubtitles } from "../film/subtitles.ts";
import type { FilmPayload } from "../jobs/film_job.ts";

/** Cutting takes seconds. */
const DEADLINE_SECONDS = 900;

/**
 * Plans the one job: the clips named, or each scene's newest ready clip, each with its scene's narration.
 * Errors: `NOT_FOUND`, `STATE_CONFLICT` (a scene without a ready clip), `MODEL_INPUT_INVALID`.
 */
export function planFilm(studio: StudioContext, body: z.output<typeof stitchVideoRequest>): NewJob {
  const clips = clipsOf(studio, body.clip_ids);
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
  const subtitles = planSubtitles(studio, payload.clips.map((clip) => clip.audio_clip_id));
  return {
    kind: "film",
    project_id: studio.project.id,
    model_id: model.id,
    units: 1,
    deadline_sec: DEADLINE_SECONDS,
    payload: JSON.parse(JSON.stringify({ ...payload, subtitles })),
    asset: { cut: payload.clips.map(({ clip_id, audio_clip_id }) => ({ clip_id, audio_clip_id })) },
  };
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
