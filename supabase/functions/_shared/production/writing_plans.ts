/**
 * The jobs in which a language model writes: scripts, casts, scenes and shots.
 *
 * @module
 */
import type { Model } from "../catalogue.ts";
import type { NewJob } from "../database/job_queue.ts";
import type { StudioContext } from "../database/studio_context.ts";
import type { WritingPayload } from "../jobs/writing_job.ts";
import type { ScriptPayload } from "../jobs/script_job.ts";
import type { ProductionPayload } from "./payload.ts";
import { sceneTextChars } from "./speech_rate.ts";

const DEADLINE_SECONDS = 300;

/** What every plan needs to know. */
export interface WritingContext {
  /** What the production is asked for. */
  readonly payload: ProductionPayload;
  /** Row of the catalogue. */
  readonly model: Model;
  /** Lengths of the clips' model, in seconds, shortest first. */
  readonly durations: readonly number[];
}

/** A project and its scenes, from the idea. */
export function planFilmScript({ payload, model, durations }: WritingContext): NewJob {
  const { wish, fallback } = payload;
  const script: ScriptPayload = {
    prompt: payload.prompt ?? "",
    model: { provider: model.provider, endpoint: model.endpoint },
    fallback,
    platform: wish.platform,
    category: wish.category,
    tone: wish.tone,
    language: wish.language,
    target_length: wish.target_length,
    scene_count: wish.scene_count,
    max_text_chars: sceneTextChars(wish, { durations, sceneCount: wish.scene_count }),
  };
  return writing("script", model, { projectId: null, payload: script });
}

/** Scenes of a project that has none, or new ones in their place. */
export function planScenes(
  { payload, model, durations }: WritingContext,
  project: StudioContext["project"],
): NewJob {
  const { wish } = payload;
  const wanted: WritingPayload = {
    ...base(payload, model),
    about: { title: project.title, description: project.description },
    scene_count: wish.scene_count,
    max_text_chars: sceneTextChars(wish, { durations, sceneCount: wish.scene_count }),
  };
  return writing("scenes", model, { projectId: project.id, payload: wanted });
}

/** Who is in the film besides those who are cast already. */
export function planCharacters(
  { payload, model }: WritingContext,
  { project, scenes, characters }: Pick<StudioContext, "project" | "scenes" | "characters">,
): NewJob {
  const wanted: WritingPayload = {
    ...base(payload, model),
    about: { title: project.title, description: project.description },
    scenes: scenes.map(({ title, text, plot }) => ({ title, text, plot })),
    characters: characters.map(({ id, name, description }) => ({
      character_id: id,
      name,
      description,
    })),
    character_count: payload.wish.character_count - characters.length,
  };
  return writing("characters", model, { projectId: project.id, payload: wanted });
}

/** The shots of scenes that have none. */
export function planFrames(
  { payload, model }: WritingContext,
  { project, scenes, characters }: Pick<StudioContext, "project" | "scenes" | "characters">,
  { shotCounts, mostSeen }: {
    /** Of each scene. */
    readonly shotCounts: readonly number[];
    /** How many of the cast one picture can be drawn after. */
    readonly mostSeen: number | undefined;
  },
): NewJob {
  const wanted: WritingPayload = {
    ...base(payload, model),
    about: { title: project.title, description: project.description },
    scenes: scenes.map(({ id, title, text, plot }, at) => ({
      scene_id: id,
      title,
      text,
      plot,
      shot_count: shotCounts[at] ?? 1,
    })),
    characters: characters.map(({ id, name, description }) => ({
      character_id: id,
      name,
      description,
    })),
    ...(mostSeen === undefined ? {} : { max_seen: mostSeen }),
  };
  return writing("frames", model, { projectId: project.id, payload: wanted });
}

function base({ wish, fallback }: ProductionPayload, model: Model) {
  return {
    model: { provider: model.provider, endpoint: model.endpoint },
    fallback,
    language: wish.language,
    tone: wish.tone,
    platform: wish.platform,
  };
}

function writing(
  kind: "script" | "scenes" | "characters" | "frames",
  model: Model,
  { projectId, payload }: { projectId: string | null; payload: ScriptPayload | WritingPayload },
): NewJob {
  return {
    kind,
    project_id: projectId,
    model_id: model.id,
    units: 1,
    deadline_sec: DEADLINE_SECONDS,
    payload: JSON.parse(JSON.stringify(payload)),
    asset: null,
  };
}
