/**
 * Films that tests make, and how they go wrong.
 *
 * @module
 */
import type { Ending, Started } from "./world_types.ts";

/** Two scenes of two shots each, with two characters who take turns. */
export const CAST = {
  target_length: 16,
  scene_count: 2,
  shots_per_scene: 2,
  character_count: 2,
  auto_confirm: true,
};
/** One of two characters in each shot. */
export const inTurns = (shot: number) => [shot % 2];

/** How many were started of each kind. */
export function kindsOf(started: readonly Started[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of started) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** What a run failed of. */
export function whyNot(run: { readonly end: string; readonly error?: Error }): string {
  return `${run.end}: ${run.error?.message}`;
}

/** Fails children whose key begins so, with a code. */
export function failing(prefix: string, code: string, times = 1): Ending {
  let left = times;
  return ({ child_key }) => child_key.startsWith(prefix) && left-- > 0 ? code : null;
}

/** A generator of 0..1 that gives the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
