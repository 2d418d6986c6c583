/**
 * Operations that make a whole film, or one level of it.
 *
 * @module
 */
import { z } from "zod";
import { id, language } from "./fields.ts";
import { characterRow } from "./film.ts";
import { jobRow } from "./job.ts";
import { MAX_PROMPT_CHARS, MAX_SCENES } from "./limits.ts";
import { filmMusic } from "./music.ts";
import { money, type OperationDefinition } from "./operation.ts";
import { FILM_STAGES, JOB_KINDS } from "./statuses.ts";

const short = z.string().trim().min(1).max(50);
const modelId = z.string().min(1).max(100);

/** Most characters that a film casts. */
export const MAX_CHARACTERS = 6;

/** How a film shall be. What is absent comes from the project, its last film, the settings, the catalogue. */
export const filmOptions = z.strictObject({
  platform: short.optional(),
  category: short.optional(),
  tone: short.optional(),
  language: language.optional(),
  /** Seconds, 3..600. The film is within 5 % of it. */
  target_length: z.int().min(3).max(600).optional(),
  scene_count: z.int().min(1).max(MAX_SCENES).optional(),
  /** At least; scenes longer than the model's longest clip have more. Default 1. */
  shots_per_scene: z.int().min(1).max(4).optional(),
  /** The look of the pictures, in words. */
  style: z.string().trim().min(1).max(500).optional(),
  /** The narrator, such as `ko-KR-Neural2-A`. */
  voice_id: z.string().regex(/^[A-Za-z]{2,3}-[A-Za-z0-9-]{2,90}$/).optional(),
  /** How many are cast, each with a reference picture that every shot of them is drawn after. Default 0. */
  character_count: z.int().min(0).max(MAX_CHARACTERS).optional(),
  /** True: the film does not wait for confirm-characters. */
  auto_confirm: z.boolean().optional(),
  /** Under the whole film. Absent: none. */
  music: filmMusic.optional(),
  script_model: modelId.optional(),
  image_model: modelId.optional(),
  video_model: modelId.optional(),
});

/** A film from an idea, or of a project that is there. */
export const makeFilmRequest = z.strictObject({
  prompt: z.string().trim().min(1).max(MAX_PROMPT_CHARS).optional(),
  project_id: id.optional(),
  options: filmOptions.default({}),
  /** The last level it works on; the same call with the project goes on from there. */
  stop_at: z.enum(FILM_STAGES).default("film"),
  /** Ceiling of what the film may cost after refunds. Absent: what the plan says. */
  budget_credits: z.int().min(1).max(1_000_000).optional(),
  /** True: only the plan, at no cost. */
  dry_run: z.boolean().default(false),
}).refine((r) => (r.prompt === undefined) !== (r.project_id === undefined), {
  error: "Give exactly one of prompt and project_id",
});

/** Casts a project: who is in it, and a reference picture of each. */
export const generateCharactersRequest = z.strictObject({
  project_id: id,
  /** How many there shall be in all. */
  count: z.int().min(1).max(MAX_CHARACTERS).default(2),
  style: filmOptions.shape.style,
  image_model: modelId.optional(),
});

/** The user's word for the cast. */
export const confirmCharactersRequest = z.strictObject({
  project_id: id,
  /** Absent: all. */
  character_ids: z.array(id).min(1).max(MAX_CHARACTERS).optional(),
});

/** Scenes of a project that has none, or new ones in their place. */
export const generateScenesRequest = z.strictObject({
  project_id: id,
  scene_count: z.int().min(1).max(MAX_SCENES).optional(),
  /** True: scenes that are there are written anew, in place; those that become others lose their shots. */
  rewrite: z.boolean().default(false),
});

/** Shots of the scenes that have none. */
export const generateFramesRequest = z.strictObject({
  project_id: id,
  shots_per_scene: z.int().min(1).max(4).default(2),
});

/** What is bought of one model. */
export const quoteItem = z.object({
  kind: z.enum(JOB_KINDS),
  model_id: z.string(),
  provider: z.string(),
  /** Jobs of it. */
  count: z.int(),
  units: z.number(),
  unit: z.string(),
  credits: z.int(),
  /** Seconds one of them usually takes. */
  typical_sec: z.number(),
});

/** What a film will be and cost. */
export const filmPlan = z.object({
  /** Seconds. */
  target_length: z.number(),
  scene_count: z.int(),
  shots: z.array(z.object({
    /** From 1. */
    scene: z.int(),
    /** From 1. */
    shot: z.int(),
    /** How long it is shown, in seconds: until narration is measured, an even share. */
    shown_sec: z.number(),
    /** How long the clip is that is bought. */
    clip_sec: z.number(),
    /** What its picture and its clip will cost; 0 for what is there. */
    image_credits: z.int(),
    clip_credits: z.int(),
  })),
  items: z.array(quoteItem),
  /** Of all. */
  credits: z.int(),
  /** Seconds until the film is usually there. */
  typical_sec: z.number(),
});
/** What a film will be and cost. */
export type FilmPlan = z.infer<typeof filmPlan>;

/** A production has begun: its job is what to watch. */
const started = z.object({ job: jobRow, plan: filmPlan, ...money });

/** By name. */
export const FILM_OPERATIONS = {
  "make-film": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Make a whole film from an idea or a project, or tell what it would cost",
    request: makeFilmRequest,
    response: z.object({
      /** Null for a dry run. */
      job: jobRow.nullable(),
      plan: filmPlan,
      ...money,
    }),
  },
  "generate-characters": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Cast a project: names, looks, voices, a reference picture each",
    request: generateCharactersRequest,
    response: started,
  },
  "confirm-characters": {
    caller: "user",
    spends: false,
    status: 200,
    summary: "Say that this is the cast; a film that waits for it goes on",
    request: confirmCharactersRequest,
    response: z.object({ characters: z.array(characterRow) }),
  },
  "generate-scenes": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Write the scenes of a project",
    request: generateScenesRequest,
    response: started,
  },
  "generate-frames": {
    caller: "user",
    spends: true,
    status: 202,
    summary: "Break the scenes of a project into shots",
    request: generateFramesRequest,
    response: started,
  },
} as const satisfies Record<string, OperationDefinition>;
