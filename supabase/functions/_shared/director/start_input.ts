/**
 * What a model may ask to be started, in the words of people: scene and shot numbers, names.
 *
 * @module
 */
import { z } from "zod";
import { filmOptions, MAX_CHARACTERS } from "../../../../shared/contract/film_operations.ts";
import { MAX_SCENES } from "../../../../shared/contract/limits.ts";
import { FILM_STAGES } from "../../../../shared/contract/statuses.ts";
import { AppError } from "../app_error.ts";
import { characterName, shotNumber } from "./cast_and_shots.ts";
import { sceneNumber } from "./tool.ts";

/** What can be started, and the fields that belong to it. */
const FIELDS = {
  picture: ["scenes", "shot", "character", "candidates"],
  narration: ["scenes"],
  clips: ["scenes"],
  film: [],
  retry: ["job_id"],
  whole_film: [
    "target_length",
    "shots_per_scene",
    "character_count",
    "style",
    "voice_id",
    "video_model",
    "image_model",
    "stop_at",
    "budget_credits",
  ],
  characters: ["character_count", "image_model"],
  scenes: ["scene_count"],
  shots: ["shots_per_scene"],
} as const satisfies Record<string, readonly string[]>;

/** What a model says: flat, because small models fill flat forms better. */
export const startInput = z.strictObject({
  what: z.enum(Object.keys(FIELDS) as (keyof typeof FIELDS)[]).describe(
    "picture: of a scene, a shot or a character. narration: speech. clips: of scenes' pictures. film: cut the " +
      "clips that are there. retry: a failed or stopped job, also a whole film. whole_film: everything that is " +
      "still missing, up to stop_at. characters: cast the film. scenes: write them, anew where there are some. " +
      "shots: break scenes without shots into shots",
  ),
  scenes: z.array(sceneNumber).min(1).max(30).optional()
    .describe("Scene numbers. A picture takes one; narration and clips: all scenes when absent"),
  shot: shotNumber.optional().describe("For `picture`: this shot of the scene"),
  character: characterName.optional().describe("For `picture`: this character's reference picture"),
  candidates: z.int().min(1).max(4).optional().describe("Pictures to choose from, for `picture`"),
  job_id: z.uuid().optional().describe("The failed job, for `retry`"),
  target_length: filmOptions.shape.target_length.describe("Seconds, for `whole_film`"),
  shots_per_scene: filmOptions.shape.shots_per_scene.describe("For `whole_film` and `shots`"),
  character_count: filmOptions.shape.character_count
    .describe(`How many in all, for \`whole_film\` and \`characters\` (1 to ${MAX_CHARACTERS})`),
  scene_count: z.int().min(1).max(MAX_SCENES).optional().describe(
    "For `scenes`, where there are none",
  ),
  style: filmOptions.shape.style.describe(
    "The look of the pictures, for `whole_film`. Absent: as the last film's, else the user's default",
  ),
  voice_id: filmOptions.shape.voice_id.describe("The narrator, for `whole_film`. Absent: likewise"),
  video_model: filmOptions.shape.video_model.describe("An id of list_models, for `whole_film`"),
  image_model: filmOptions.shape.image_model
    .describe("An id of list_models, for `whole_film` and `characters`"),
  stop_at: z.enum(FILM_STAGES).optional().describe("The last stage, for `whole_film`"),
  budget_credits: z.int().min(1).max(1_000_000).optional()
    .describe("Most credits that a `whole_film` may cost"),
});

/** A checked wish. */
export type StartInput = z.output<typeof startInput>;

/** Throws `VALIDATION_FAILED` for a field that would be passed over: what is left out is not what was asked. */
export function assertFieldsBelong(input: StartInput): void {
  const { what, ...fields } = input;
  const allowed: readonly string[] = FIELDS[what];
  const alien = Object.keys(fields).filter((name) => !allowed.includes(name));
  if (alien.length === 0) return;
  throw new AppError("VALIDATION_FAILED", `Cannot start "${what}" with ${alien.join(", ")}`, {
    details: { allowed },
  });
}
