/**
 * What film is wanted.
 *
 * @module
 */
import type { OperationRequest } from "../../../shared/contract/operations.ts";
import type { FilmStage } from "../../../shared/contract/statuses.ts";

/** What film is wanted. Whatever is absent, the studio chooses. */
export interface FilmWish {
  /** 1 to 5000 characters. */
  readonly prompt: string;
  /** 1 to 30. */
  readonly sceneCount?: number | undefined;
  /** Of a scene, at least; 1 to 4. */
  readonly shotsPerScene?: number | undefined;
  /** Who is cast, each with a reference picture; 0 to 6. */
  readonly characterCount?: number | undefined;
  /** Seconds. */
  readonly targetSeconds?: number | undefined;
  /** BCP 47 tag. */
  readonly language?: string | undefined;
  /** The narrator's, such as `ko-KR-Neural2-A`. */
  readonly voiceId?: string | undefined;
  /** The look of the pictures, in words. */
  readonly style?: string | undefined;
  /** Such as `youtube`, or `tiktok` for upright pictures. */
  readonly platform?: string | undefined;
  /** Such as `warm`. */
  readonly tone?: string | undefined;
  /** Id of the catalogue. */
  readonly imageModel?: string | undefined;
  /** Id of the catalogue. */
  readonly videoModel?: string | undefined;
  /** Ceiling in credits. */
  readonly budgetCredits?: number | undefined;
  /** The last level that is made. */
  readonly stopAt?: FilmStage | undefined;
}

/** The wish as `make-film` takes it. */
export function filmRequest(wish: FilmWish): OperationRequest<"make-film"> {
  return {
    prompt: wish.prompt,
    options: {
      scene_count: wish.sceneCount,
      shots_per_scene: wish.shotsPerScene,
      character_count: wish.characterCount,
      target_length: wish.targetSeconds,
      language: wish.language,
      voice_id: wish.voiceId,
      style: wish.style,
      platform: wish.platform,
      tone: wish.tone,
      image_model: wish.imageModel,
      video_model: wish.videoModel,
    },
    stop_at: wish.stopAt,
    budget_credits: wish.budgetCredits,
  };
}

/** The flags of the command, by the request's field. */
export const FLAGS = {
  prompt: "the prompt",
  scene_count: "--scenes",
  shots_per_scene: "--shots",
  character_count: "--characters",
  target_length: "--length",
  language: "--language",
  voice_id: "--voice",
  style: "--style",
  platform: "--platform",
  tone: "--tone",
  image_model: "--image-model",
  video_model: "--video-model",
  stop_at: "--stop-at",
  budget_credits: "--budget",
} as const;
