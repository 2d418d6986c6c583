/**
 * The jobs that fill an asset: what the provider is asked for, how long that may take, what of it is on the asset.
 * Operations and films start the same ones.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import type { Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import type { AudioPayload } from "../jobs/audio_job.ts";
import type { ImagePayload } from "../jobs/image_job.ts";
import type { VideoPayload } from "../jobs/video_job.ts";

/** Speech takes seconds; a quarter of an hour covers a provider's bad moment and a full queue. */
const AUDIO_DEADLINE_SECONDS = 900;

/** Pictures take seconds; half an hour covers a provider's bad day. */
const IMAGE_DEADLINE_SECONDS = 1800;

/** Gemini answers at once or never: a lost answer can't be found again, so there is little to wait for. */
const IMAGE_DEADLINES: Readonly<Record<string, number>> = { gemini: 300 };

/** Renders take minutes; after an hour the credits are better given back. */
const VIDEO_DEADLINE_SECONDS = 3600;

/** A job with its asset's columns. */
export type AssetJob = Omit<NewJob, "model_id" | "asset"> & {
  readonly model_id: string;
  readonly asset: { readonly [column: string]: Json | undefined };
};

/** Where an asset belongs. */
interface Place {
  /** `projects.id`. */
  readonly projectId: string;
  /** `scenes.id`. */
  readonly sceneId: string | null;
}

/** A scene's narration. Markup is billed like text. */
export function narrationJob(
  model: Model,
  { projectId, sceneId, request }: {
    readonly projectId: string;
    readonly sceneId: string;
    readonly request: AudioPayload["request"];
  },
): AssetJob {
  const payload: AudioPayload = { scene_id: sceneId, request };
  return {
    kind: "audio",
    project_id: projectId,
    model_id: model.id,
    units: Array.from(request.text).length / 1000,
    deadline_sec: AUDIO_DEADLINE_SECONDS,
    payload: json(payload),
    asset: {
      scene_id: sceneId,
      provider: model.provider,
      voice_id: request.voiceId,
      speed: request.speed ?? 1,
      pitch: request.pitch ?? null,
      volume_gain_db: request.volumeGainDb ?? null,
      format: request.format,
    },
  };
}

/** A picture of a project, scene, character or shot. */
export function pictureJob(
  model: Model,
  { projectId, sceneId, characterId = null, frameId = null, request, isMain, isChosen }: Place & {
    readonly request: ImagePayload["request"];
    /** Absent: of nobody. */
    readonly characterId?: string | null;
    /** Absent: of no shot. */
    readonly frameId?: string | null;
    /** Whether it will stand for its scene. */
    readonly isMain: boolean;
    /** Whether its character or shot takes it at once. */
    readonly isChosen: boolean;
  },
): AssetJob {
  const payload: ImagePayload = {
    request,
    scene_id: sceneId,
    is_main: isMain,
    is_chosen: isChosen,
    typical_sec: model.typical_sec,
  };
  return {
    kind: "image",
    project_id: projectId,
    model_id: model.id,
    units: 1,
    deadline_sec: IMAGE_DEADLINES[model.provider] ?? IMAGE_DEADLINE_SECONDS,
    payload: json(payload),
    asset: {
      scene_id: sceneId,
      character_id: characterId,
      frame_id: frameId,
      prompt: request.prompt,
      model: model.id,
    },
  };
}

/** A clip from a picture. */
export function clipJob(
  model: Model,
  { projectId, sceneId, image, request, more = {} }: Place & {
    /** Where it begins: also its thumbnail until there is a better one. */
    readonly image: Pick<StudioContext["images"][number], "id" | "url">;
    readonly request: VideoPayload["request"];
    /** Columns of the clip that only some have. */
    readonly more?: {
      readonly frame_id?: string;
      readonly prompt_by?: string;
      readonly preset?: string;
    };
  },
): AssetJob {
  const payload: VideoPayload = { request, typical_sec: model.typical_sec };
  return {
    kind: "video",
    project_id: projectId,
    model_id: model.id,
    units: request.durationSeconds,
    deadline_sec: VIDEO_DEADLINE_SECONDS,
    payload: json(payload),
    asset: {
      scene_id: sceneId,
      image_id: image.id,
      thumbnail_url: image.url,
      provider: model.provider,
      model_id: model.id,
      prompt: request.prompt,
      aspect_ratio: request.aspectRatio,
      duration_sec: request.durationSeconds,
      ...more,
    },
  };
}

/** What of a value JSON keeps: absent fields are gone. */
function json(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}
