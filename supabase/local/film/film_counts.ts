/**
 * How far the parts of a film are, counted from what one look shows.
 *
 * @module
 */
import type { FilmPlan } from "../../../shared/contract/film_operations.ts";
import { FILM_PARTS, type FilmPart, readChildKey } from "./film_parts.ts";
import type { ProductionLook } from "./production_look.ts";
import type { Progress } from "./progress.ts";

/** How far a part of a film is: of all scenes, shots or characters, or of 1. */
export interface FilmProgress extends Progress {
  /** Which part. */
  readonly stage: FilmPart;
}

/** What the film was planned with. */
export interface Planned {
  /** As `make-film` answered. */
  readonly plan: FilmPlan;
  /** How many are cast. */
  readonly characterCount: number;
}

/** Counts the parts that have begun, in order. Until they are written, scenes and shots are as planned. */
export function countParts(look: ProductionLook, planned: Planned): FilmProgress[] {
  const begun = new Map<FilmPart, Set<string>>([["script", new Set()]]);
  for (const { child_key, state } of look.children) {
    const child = readChildKey(child_key);
    if (child === null) continue;
    const made = begun.get(child.part) ?? new Set();
    begun.set(child.part, made);
    if (state === "succeeded" && child.thing !== "characters") made.add(child.thing);
  }
  const totals = totalsOf(look, planned);
  return FILM_PARTS.flatMap((stage) => {
    const made = begun.get(stage);
    if (made === undefined) return [];
    const total = totals[stage];
    return [{ stage, done: Math.min(made.size, total), total }];
  });
}

/** What has changed between two counts. */
export function changedParts(
  before: readonly FilmProgress[],
  now: readonly FilmProgress[],
): FilmProgress[] {
  return now.filter(({ stage, done, total }) =>
    !before.some((old) => old.stage === stage && old.done === done && old.total === total)
  );
}

function totalsOf(
  { scenes, frames, characters }: ProductionLook,
  { plan, characterCount }: Planned,
): Record<FilmPart, number> {
  const shots = frames.length || plan.shots.length;
  return {
    script: 1,
    cast: characters.length || characterCount,
    narration: scenes.length || plan.scene_count,
    shots: 1,
    images: shots,
    clips: shots,
    film: 1,
  };
}
