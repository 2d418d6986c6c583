/**
 * Which cut a request means, checked against the catalogue before anything is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { stitchVideoRequest } from "../../../../shared/contract/media_operations.ts";
import type { HeardMusic } from "../../../../shared/contract/music.ts";
import { AppError } from "../app_error.ts";
import { assertAtMost, chooseModel, limitsOf, type Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { planSubtitles } from "../film/subtitles.ts";
import type { FilmPayload } from "../jobs/film_payload.ts";

/** Copying takes seconds; clips that have to be encoded anew wait at a provider, then take minutes. */
const DEADLINE_SECONDS = 1800;

/** A client knows a clip's length as it is shown: rounded. */
const ROUNDING_SECONDS = 0.05;

type Clip = StudioContext["video_clips"][number];

type Request = z.output<typeof stitchVideoRequest>;

/** A clip of a cut; a film knows which scene it is shown for, whichever it was made for. */
type CutClip = NonNullable<Request["cut"]>[number] & { readonly scene_id?: string };

/** What is asked for, its music as it was asked for or as it was taken. */
export type FilmRequest = Omit<Request, "music" | "cut"> & {
  readonly music?: Request["music"] | HeardMusic;
  readonly cut?: readonly CutClip[] | undefined;
};

/** A clip of the cut, and how it is wanted. */
interface Shot {
  readonly clip: Clip;
  /** Whose narration is heard. Null: nobody's. */
  readonly sceneId: string | null;
  /** Absent: all of it. */
  readonly durationSeconds?: number;
  readonly hasNarration: boolean;
}

/**
 * Plans the one job: the cut or the clips named, or the clips of each scene's shots, or its newest. A scene's narration begins
 * with the first of its clips and goes on over those of the same scene that follow at once; it is heard once.
 *
 * Errors: `NOT_FOUND`, `STATE_CONFLICT` (a scene without a ready clip, or with narration that is no mp3),
 * `MODEL_INPUT_INVALID` (too many clips; too long for music;
 * a clip that is shorter than it shall be shown: `details.clip_id`, `details.limit`).
 */
export function planFilm(studio: StudioContext, body: FilmRequest): NewJob {
  const shots = shotsOf(studio, body);
  const model = chooseModel(studio.models, {});
  if (body.music !== undefined) assertMusicFits(model, shots);
  assertAtMost(model, body.cut === undefined ? "clip_ids" : "cut", {
    count: shots.length,
    limit: limitsOf(model).max_clips,
  });
  const narrations = narrationsOf(studio, shots);
  const music = body.music && { sha256: null, ...body.music, gain_db: body.music.gain_db ?? null };
  const payload: FilmPayload = {
    clips: shots.map(({ clip, durationSeconds }, at) => ({
      clip_id: clip.id,
      clip_url: clip.url ?? "",
      ...(durationSeconds === undefined ? {} : { duration_sec: durationSeconds }),
      audio_clip_id: narrations[at]?.id ?? null,
      audio_url: narrations[at]?.url ?? null,
    })),
    poster_url: shots[0]?.clip.thumbnail_url ?? null,
    ...(music === undefined ? {} : { music }),
  };
  const subtitles = planSubtitles(studio, payload.clips.map((clip) => clip.audio_clip_id));
  return {
    kind: "film",
    project_id: studio.project.id,
    model_id: model.id,
    units: 1,
    deadline_sec: DEADLINE_SECONDS,
    payload: JSON.parse(JSON.stringify({ ...payload, subtitles })),
    asset: {
      cut: payload.clips.map(({ clip_url: _, audio_url: __, ...planned }, at) =>
        // Part of the cut, so that the same clips with other music are another film.
        at === 0 && music !== undefined ? { ...planned, music } : planned
      ),
    },
  };
}

function shotsOf(
  studio: StudioContext,
  { cut, clip_ids }: FilmRequest,
): Shot[] {
  if (cut !== undefined) {
    return cut.map(({ clip_id, duration_sec, audio, scene_id }) => {
      const clip = findClip(studio, clip_id);
      const shown = shownSeconds(clip, duration_sec);
      return {
        clip,
        sceneId: scene_id ?? clip.scene_id,
        hasNarration: audio,
        ...(shown === undefined ? {} : { durationSeconds: shown }),
      };
    });
  }
  if (clip_ids === undefined) return shotsOfScenes(studio);
  return clip_ids.map((id) => whole(findClip(studio, id)));
}

function whole(clip: Clip): Shot {
  return { clip, sceneId: clip.scene_id, hasNarration: true };
}

/** Music is mixed within an Edge Function's CPU: the catalogue says for how long a film. */
function assertMusicFits(model: Model, shots: readonly Shot[]): void {
  const seconds = shots.reduce(
    (sum, { clip, durationSeconds }) => sum + (durationSeconds ?? clip.duration_sec),
    0,
  );
  assertAtMost(model, "music", {
    count: Math.round(seconds * 10) / 10,
    limit: limitsOf(model).max_music_sec,
  });
}

function findClip({ video_clips }: StudioContext, id: string): Clip {
  const clip = video_clips.find((candidate) => candidate.id === id);
  if (clip !== undefined) return clip;
  throw new AppError("NOT_FOUND", `Cannot find a ready clip "${id}" in this project`);
}

/** Undefined when all of the clip is meant, so that it is the same cut however it was asked for. */
function shownSeconds(clip: Clip, asked: number | undefined): number | undefined {
  if (asked === undefined) return undefined;
  if (asked > clip.duration_sec + ROUNDING_SECONDS) {
    throw new AppError(
      "MODEL_INPUT_INVALID",
      `Cannot show ${asked} s of clip "${clip.id}": it has ${clip.duration_sec} s`,
      { details: { field: "duration_sec", clip_id: clip.id, limit: clip.duration_sec } },
    );
  }
  return asked < clip.duration_sec - ROUNDING_SECONDS ? asked : undefined;
}

function shotsOfScenes(studio: StudioContext): Shot[] {
  if (studio.scenes.length === 0) {
    throw new AppError(
      "STATE_CONFLICT",
      `Cannot cut project "${studio.project.id}": it has no scenes`,
    );
  }
  return studio.scenes.flatMap((scene) => {
    const shots = shotsOfScene(studio, scene.id);
    if (shots.length > 0) return shots;
    throw new AppError("STATE_CONFLICT", `Cannot cut scene ${scene.index}: it has no ready clip`, {
      details: { scene_id: scene.id },
      hint: "Call generate-video for the scene first",
    });
  });
}

/** The clips of all its shots, each as long as it is shown in the film; else its newest, fresh before stale. */
function shotsOfScene(studio: StudioContext, sceneId: string): Shot[] {
  const frames = studio.frames.filter(({ scene_id }) => scene_id === sceneId);
  const clips = studio.video_clips.filter(({ scene_id }) => scene_id === sceneId);
  const newest = clips.find(isFresh) ?? clips[0];
  const shots = frames.flatMap((frame) => shotOfFrame(studio, frame) ?? []);
  const [first] = shots;
  if (first === undefined || shots.length < frames.length) {
    return newest === undefined ? [] : [whole(newest)];
  }
  // A take of the scene itself stands for its one shot when it is newer, and for shots that are stale.
  const isTake = newest !== undefined && isFresh(newest) && newest.frame_id === null;
  const isNewer = shots.length === 1 && isTake &&
    studio.video_clips.indexOf(newest) < studio.video_clips.indexOf(first.clip);
  return isNewer || (isTake && !shots.every(({ clip }) => isFresh(clip))) ? [whole(newest)] : shots;
}

function shotOfFrame(
  { video_clips }: StudioContext,
  { id, scene_id, video_clip_id, duration_sec }: StudioContext["frames"][number],
): Shot | undefined {
  const named = video_clips.find((clip) => clip.id === video_clip_id);
  const made = video_clips.filter(({ frame_id }) => frame_id === id);
  const clip = [named, ...made].find((one) => one !== undefined && isFresh(one)) ?? named ??
    made[0];
  if (clip === undefined) return undefined;
  const seconds = shownSeconds(clip, Math.min(duration_sec ?? Infinity, clip.duration_sec));
  return {
    clip,
    sceneId: scene_id,
    hasNarration: true,
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
  };
}

function isFresh({ stale_at }: Clip): boolean {
  return stale_at === null;
}

/** The narration under each shot: the newest of its scene, in one unbroken row of its shots. */
function narrationsOf(
  { audio_clips }: StudioContext,
  shots: readonly Shot[],
): (StudioContext["audio_clips"][number] | undefined)[] {
  const said = new Set<string>();
  let before: string | undefined;
  return shots.map(({ sceneId, hasNarration }) => {
    const found = hasNarration && sceneId !== null ? narrationOf(audio_clips, sceneId) : undefined;
    const isHeard = found !== undefined && (found.id === before || !said.has(found.id));
    before = isHeard ? found.id : undefined;
    if (isHeard) said.add(found.id);
    return isHeard ? found : undefined;
  });
}

/** The newest that can be cut: films take mp3 alone. A film without what was spoken would be a surprise. */
function narrationOf(
  audioClips: StudioContext["audio_clips"],
  sceneId: string,
): StudioContext["audio_clips"][number] | undefined {
  const spoken = audioClips.filter((audio) => audio.scene_id === sceneId);
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
