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
import { type AssetJob, clipJob, narrationJob, pictureJob } from "../plans/asset_jobs.ts";
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
  return hashed(
    request,
    narrationJob(speech, { projectId: project.id, sceneId: scene.id, request }),
  );
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
  return hashed(
    request,
    pictureJob(image, {
      projectId: project.id,
      sceneId: null,
      characterId: character.id,
      request,
      isMain: false,
      isChosen: true,
    }),
  );
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
    composeFramePrompt({ project: { ...project, tone: wish.tone }, frame, cast }, {
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
  return hashed(
    request,
    pictureJob(image, {
      projectId: project.id,
      sceneId: frame.scene_id,
      frameId: frame.id,
      request,
      isMain: frame.index === 1,
      isChosen: true,
    }),
  );
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
    composeShotPrompt({ project: { ...project, tone: wish.tone }, frame }, limits.max_prompt_chars),
    limits.max_prompt_chars,
  );
  const request: VideoPayload["request"] = {
    endpoint: video.endpoint,
    prompt,
    imageUrl: picture.url ?? "",
    durationSeconds: clipSeconds,
    aspectRatio: aspectRatioOf(wish.platform),
  };
  return hashed(
    request,
    clipJob(video, {
      projectId: project.id,
      sceneId: frame.scene_id,
      image: picture,
      request,
      more: { frame_id: frame.id },
    }),
  );
}

function mildly(isMild: boolean, prompt: string, maxChars = 2000): string {
  return isMild ? Array.from(`${MILDLY} ${prompt}`).slice(0, maxChars).join("") : prompt;
}

function hashed(request: unknown, job: AssetJob): AssetPlan {
  const hash = inputHash(job.model_id, request);
  return { hash, job: { ...job, asset: { ...job.asset, input_hash: hash } } };
}
