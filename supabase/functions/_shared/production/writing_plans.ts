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

/** Scenes of a project that has none, or new ones in their place, for the cast there is. */
export function planScenes(
  { payload, model, durations }: WritingContext,
  { project, characters }: Pick<StudioContext, "project" | "characters">,
): NewJob {
  const { wish } = payload;
  const wanted: WritingPayload = {
    ...base(payload, model),
    about: { title: project.title, description: project.description },
    ...(characters.length === 0 ? {} : { characters: characters.map(castOf) }),
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
    characters: characters.map(castOf),
    character_count: payload.wish.character_count - characters.length,
  };
  return writing("characters", model, { projectId: project.id, payload: wanted });
}

/** The shots of scenes that have none, between those that are there. */
export function planFrames(
  { payload, model }: WritingContext,
  { project, scenes, characters, frames }: Pick<
    StudioContext,
    "project" | "scenes" | "characters" | "frames"
  >,
  { shotCount, mostSeen }: {
    /** Of each scene. */
    readonly shotCount: number;
    /** How many of the cast one picture can be drawn after. */
    readonly mostSeen: number | undefined;
  },
): NewJob {
  const shotsOf = (sceneId: string) => frames.filter((frame) => frame.scene_id === sceneId);
  const bare = scenes.filter(({ id }) => shotsOf(id).length === 0);
  const shown = scenes.filter((scene) => !bare.includes(scene)).map(({ id, index, title }) => ({
    index,
    title,
    shots: shotsOf(id).map(({ action }) => action),
  }));
  const wanted: WritingPayload = {
    ...base(payload, model),
    about: { title: project.title, description: project.description },
    scenes: bare.map(({ id, index, title, text, plot }) => ({
      scene_id: id,
      index,
      title,
      text,
      plot,
      shot_count: shotCount,
    })),
    ...(shown.length === 0 ? {} : { shown }),
    characters: characters.map(castOf),
    ...(mostSeen === undefined ? {} : { max_seen: mostSeen }),
  };
  return writing("frames", model, { projectId: project.id, payload: wanted });
}

function castOf({ id, name, description }: StudioContext["characters"][number]) {
  return { character_id: id, name, description };
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
