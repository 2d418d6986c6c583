/**
 * The jobs that make a film's parts, each with the hash of what it is made from.
 *
 * @module
 */
import { limitsOf, type Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { FrameContext, StudioContext } from "../database/studio_context.ts";
import type { AudioPayload } from "../jobs/audio_job.ts";
import type { ImagePayload } from "../jobs/image_job.ts";
import type { VideoPayload } from "../jobs/video_job.ts";
import {
  aspectRatioOf,
  composeFramePrompt,
  composeReferencePrompt,
  composeShotPrompt,
} from "../prompts.ts";
import { referencesOf } from "../plans/references.ts";
import { inputHash } from "./input_hash.ts";
import type { ProductionWish } from "./payload.ts";

/** What every plan needs to know. */
export interface PlanContext {
  /** The film's project. */
  readonly project: Pick<
    StudioContext["project"],
    "id" | "title" | "description" | "tone" | "platform"
  >;
  /** How it shall be. */
  readonly wish: ProductionWish;
  /** Rows of the catalogue, by what they are for. */
  readonly image: Model;
  /** Renders the clips. */
  readonly video: Model;
  /** Speaks. */
  readonly speech: Model;
}

/** A job with the hash of its inputs, which is on its asset too. */
export interface AssetPlan {
  /** What to start. */
  readonly job: NewJob;
  /** Hex SHA-256. */
  readonly hash: string;
}

type Scene = StudioContext["scenes"][number];
type Character = StudioContext["characters"][number];
type Picture = Pick<StudioContext["images"][number], "id" | "url">;

const AUDIO_DEADLINE_SECONDS = 900;
const IMAGE_DEADLINE_SECONDS = 1800;
const VIDEO_DEADLINE_SECONDS = 3600;

/** Put before a prompt that was refused: many refusals are about a word that may be read two ways. */
const MILDLY = "A gentle, family friendly picture without violence or nudity, nobody real.";

/** Narration of a scene. */
export function planNarration({ project, wish, speech }: PlanContext, scene: Scene): AssetPlan {
  // The cut takes MP3 alone.
  const request: AudioPayload["request"] = {
    text: scene.text,
    voiceId: wish.voice_id,
    format: "mp3",
    ssml: false,
  };
  const payload: AudioPayload = { scene_id: scene.id, request };
  return planned(speech, request, {
    kind: "audio",
    project_id: project.id,
    units: Array.from(scene.text).length / 1000,
    deadline_sec: AUDIO_DEADLINE_SECONDS,
    payload,
    asset: { scene_id: scene.id, provider: speech.provider, voice_id: wish.voice_id },
  });
}

/** Reference picture of a character. `isMild`: the prompt was refused before. */
export function planReference(
  { project, wish, image }: PlanContext,
  { character, isMild }: { readonly character: Character; readonly isMild: boolean },
): AssetPlan {
  const maxChars = limitsOf(image).max_prompt_chars;
  const prompt = mildly(
    isMild,
    composeReferencePrompt(character, { style: wish.style, maxChars }),
    maxChars,
  );
  const request = { endpoint: image.endpoint, prompt, aspectRatio: "1:1" };
  return planned(image, request, {
    kind: "image",
    project_id: project.id,
    units: 1,
    deadline_sec: IMAGE_DEADLINE_SECONDS,
    payload: { request, scene_id: null, is_main: false, typical_sec: image.typical_sec },
    asset: { character_id: character.id, prompt, model: image.id },
  });
}

/**
 * Picture of a shot, drawn after its characters' reference pictures. `isMild`: the prompt was refused before.
 * Errors: `REFERENCE_MISSING`, `MODEL_INPUT_INVALID` (more people than the model takes pictures of) rather than
 * a stranger's face.
 */
export function planPicture(
  { project, wish, image }: PlanContext,
  { frame, cast, images, isMild }: {
    readonly frame: FrameContext;
    readonly cast: readonly Character[];
    /** The cast's reference pictures are among them. */
    readonly images: StudioContext["images"];
    readonly isMild: boolean;
  },
): AssetPlan {
  const limits = limitsOf(image);
  const referenceUrls = referencesOf(images, cast, image);
  const prompt = mildly(
    isMild,
    composeFramePrompt({ project, frame, cast }, {
      style: wish.style,
      maxChars: limits.max_prompt_chars,
    }),
    limits.max_prompt_chars,
  );
  const request: ImagePayload["request"] = {
    endpoint: image.endpoint,
    prompt,
    aspectRatio: aspectRatioOf(wish.platform),
    ...(referenceUrls.length === 0 ? {} : { referenceUrls }),
  };
  const payload: ImagePayload = {
    request,
    scene_id: frame.scene_id,
    is_main: frame.index === 1,
    typical_sec: image.typical_sec,
  };
  return planned(image, request, {
    kind: "image",
    project_id: project.id,
    units: 1,
    deadline_sec: IMAGE_DEADLINE_SECONDS,
    payload,
    asset: { scene_id: frame.scene_id, frame_id: frame.id, prompt, model: image.id },
  });
}

/** Clip of a shot, from its picture. `isMild`: the prompt was refused before. */
export function planShot(
  { project, wish, video }: PlanContext,
  { frame, picture, clipSeconds, isMild }: {
    readonly frame: FrameContext;
    readonly picture: Picture;
    readonly clipSeconds: number;
    readonly isMild: boolean;
  },
): AssetPlan {
  const limits = limitsOf(video);
  const prompt = mildly(
    isMild,
    composeShotPrompt({ project, frame }, limits.max_prompt_chars),
    limits.max_prompt_chars,
  );
  const aspectRatio = aspectRatioOf(wish.platform);
  const request: VideoPayload["request"] = {
    endpoint: video.endpoint,
    prompt,
    imageUrl: picture.url ?? "",
    durationSeconds: clipSeconds,
    aspectRatio,
  };
  const payload: VideoPayload = { request, typical_sec: video.typical_sec };
  return planned(video, request, {
    kind: "video",
    project_id: project.id,
    units: clipSeconds,
    deadline_sec: VIDEO_DEADLINE_SECONDS,
    payload,
    asset: {
      scene_id: frame.scene_id,
      frame_id: frame.id,
      image_id: picture.id,
      thumbnail_url: picture.url,
      provider: video.provider,
      model_id: video.id,
      prompt,
      aspect_ratio: aspectRatio,
      duration_sec: clipSeconds,
    },
  });
}

function mildly(isMild: boolean, prompt: string, maxChars = 2000): string {
  return isMild ? Array.from(`${MILDLY} ${prompt}`).slice(0, maxChars).join("") : prompt;
}

/** A job's fields whose shape is the kind's own. */
type Part = Omit<NewJob, "model_id" | "payload" | "asset"> & {
  readonly payload: unknown;
  readonly asset: Record<string, unknown>;
};

function planned(model: Model, request: unknown, { payload, asset, ...job }: Part): AssetPlan {
  const hash = inputHash(model.id, request);
  return {
    hash,
    job: {
      ...job,
      model_id: model.id,
      payload: JSON.parse(JSON.stringify(payload)),
      asset: JSON.parse(JSON.stringify({ ...asset, input_hash: hash })),
    },
  };
}
