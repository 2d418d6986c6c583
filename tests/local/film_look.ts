/**
 * Looks at productions as the film command has them, made up for tests.
 *
 * @module
 */
import type { LookedJob, ProductionLook } from "../../supabase/local/film/production_look.ts";

/** A job's row as one look shows it. */
export function lookedJob(over: Partial<LookedJob> = {}): LookedJob {
  return {
    id: crypto.randomUUID(),
    kind: "image",
    state: "succeeded",
    stage: null,
    child_key: null,
    project_id: "p1",
    result: null,
    error: null,
    created_at: "2026-11-20T10:00:00Z",
    finished_at: null,
    ...over,
  };
}

/** A child of a key in a state. */
export function child(key: string, state = "succeeded", code?: string): LookedJob {
  const error = code === undefined ? null : { code, message: `It was ${code}` };
  return lookedJob({ child_key: key, state, error });
}

/** A production of two scenes, a shot each, with one character. */
export function lookAt(
  children: readonly LookedJob[],
  over: Partial<ProductionLook> = {},
): ProductionLook {
  return {
    job: lookedJob({ id: "job", kind: "production", state: "running", stage: "images" }),
    children,
    project: { id: "p1", title: "The Kite" },
    scenes: [
      { id: "s1", index: 1, title: "Up", text: "It rises." },
      { id: "s2", index: 2, title: "Down", text: "It falls." },
    ],
    characters: [{ id: "c1", name: "Mina" }],
    frames: [{ id: "f1", scene_id: "s1", index: 1 }, { id: "f2", scene_id: "s2", index: 3 }],
    ...over,
  };
}
