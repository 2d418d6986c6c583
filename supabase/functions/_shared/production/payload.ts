/**
 * What a production is asked for: `jobs.payload` of kind `production`, complete and checked at the click.
 *
 * @module
 */
import type { HeardMusic } from "../../../../shared/contract/music.ts";
import type { FilmStage } from "../../../../shared/contract/statuses.ts";
import type { ModelChoice } from "../providers/language_models.ts";

/** Every wish with its value: what the request did not say came from the project, the settings, the catalogue. */
export interface ProductionWish {
  /** Where it will be shown. */
  readonly platform: string;
  /** Such as `story`. */
  readonly category: string;
  /** Such as `warm`. */
  readonly tone: string;
  /** BCP 47, of script and narration. */
  readonly language: string;
  /** How long the film shall be, in seconds. */
  readonly target_length: number;
  /** Scenes of the script. */
  readonly scene_count: number;
  /** Shots of a scene at least; a scene longer than the longest clip has more. */
  readonly shots_per_scene: number;
  /** The look of the pictures, in words. */
  readonly style: string;
  /** The narrator. */
  readonly voice_id: string;
  /** How many characters are cast, each with a reference picture. 0: none. */
  readonly character_count: number;
  /** Whether the cast needs nobody's confirmation. */
  readonly auto_confirm: boolean;
  /** Rows of the catalogue. */
  readonly script_model: string;
  /** Draws the shots, and the reference pictures. */
  readonly image_model: string;
  /** Renders the clips. */
  readonly video_model: string;
  /** Speaks the narration. */
  readonly speech_model: string;
  /** Under the film. Absent: none. */
  readonly music?: HeardMusic;
}

/** What `jobs.payload` of a production holds. `public.step_production` reads `budget_credits`. */
export interface ProductionPayload {
  /** The idea. Null: the project is there already. */
  readonly prompt: string | null;
  /** How it shall be. */
  readonly wish: ProductionWish;
  /** Writes when the script's model is out of reach. Null: nobody. */
  readonly fallback: ModelChoice | null;
  /** Writes the scenes anew although there are some. */
  readonly rewrite_scenes?: boolean;
  /** The request named the narrator: narration by another is spoken anew, whoever asked for that. */
  readonly is_voice_asked?: boolean;
  /** The last stage it works on. */
  readonly stop_at: FilmStage;
  /** Ceiling of what it may cost after refunds. Null: none, but clips longer than quoted are not bought. */
  readonly budget_credits: number | null;
  /** What the plan said it would cost. */
  readonly quoted_credits: number;
  /** What the plan said the clips of all shots are worth, those that films made too. Absent: not planned yet. */
  readonly quoted_clip_credits?: number;
}
