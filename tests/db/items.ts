/**
 * What tests buy: one item of `create_jobs` per kind, with the asset it fills.
 *
 * @module
 */
import type postgres from "postgres";

/** One item of `create_jobs`. */
export type Item = Record<string, postgres.JSONValue>;

/** A clip to render, valid for any model of kind `video`. */
export function clipItem(
  projectId: string,
  modelId: string,
  { asset = {}, ...more }: { asset?: Item } & Item = {},
): Item {
  return {
    kind: "video",
    project_id: projectId,
    model_id: modelId,
    units: 1,
    deadline_sec: 3600,
    payload: { request: { endpoint: "test/model" } },
    ...more,
    asset: {
      provider: "test",
      model_id: modelId,
      prompt: "A boat",
      aspect_ratio: "16:9",
      duration_sec: 5,
      ...asset,
    },
  };
}

/** A picture to draw. */
export function imageItem(projectId: string, modelId: string, sceneId: string | null = null): Item {
  return {
    kind: "image",
    project_id: projectId,
    model_id: modelId,
    units: 1,
    deadline_sec: 1800,
    payload: {},
    asset: { scene_id: sceneId, prompt: "A boat", model: modelId },
  };
}

/** Narration of a scene. */
export function audioItem(projectId: string, sceneId: string, modelId: string): Item {
  return {
    kind: "audio",
    project_id: projectId,
    model_id: modelId,
    units: 1,
    deadline_sec: 900,
    payload: {},
    asset: { scene_id: sceneId, provider: "test", voice_id: "en-US-Test", speed: 1 },
  };
}

/** A script. */
export function scriptItem(modelId: string): Item {
  return {
    kind: "script",
    project_id: null,
    model_id: modelId,
    units: 1,
    deadline_sec: 300,
    payload: {
      platform: "youtube",
      category: "story",
      tone: "warm",
      language: "en-US",
      target_length: 16,
    },
    asset: null,
  };
}
