/**
 * How many scenes and shots a film of a length has, and which clips are bought for them: before anything is
 * written, by the lengths the clip's model can make.
 *
 * @module
 */

/** A model's lengths when its row names none. */
const DEFAULT_DURATIONS: readonly number[] = [5];

/** Scenes this long are neither hurried nor slow. */
const GOOD_SCENE_SECONDS = 8;
const SHORTEST_SCENE_SECONDS = 5;
const LONGEST_SCENE_SECONDS = 10;

/** A clip this much shorter than its shot goes unnoticed. */
const TOLERANCE_SECONDS = 0.05;

/** Lengths a model can make, in seconds, shortest first. */
export function durationsOf(limits: { readonly durations_sec?: readonly number[] }): number[] {
  return [...(limits.durations_sec ?? DEFAULT_DURATIONS)].sort((a, b) => a - b);
}

/** The shortest clip that covers a shot; undefined when none is long enough. */
export function clipFor(seconds: number, durations: readonly number[]): number | undefined {
  return durations.find((duration) => duration >= seconds - TOLERANCE_SECONDS);
}

/** The clips of a scene: as many shots as wanted, or as its length needs. Seconds each. */
export function clipsOfScene(
  sceneSeconds: number,
  { durations, shots }: { readonly durations: readonly number[]; readonly shots: number },
): number[] {
  const longest = durations.at(-1) ?? 5;
  const count = Math.max(shots, Math.ceil((sceneSeconds - TOLERANCE_SECONDS) / longest));
  const clip = clipFor(sceneSeconds / count, durations) ?? longest;
  return Array.from({ length: count }, () => clip);
}

/**
 * How many scenes waste the least of the clips that are bought; of equals, the one whose scenes are nearest to
 * eight seconds.
 */
export function chooseSceneCount(
  targetSeconds: number,
  { durations, shots, most }: {
    readonly durations: readonly number[];
    readonly shots: number;
    readonly most: number;
  },
): number {
  const fewest = Math.max(1, Math.ceil(targetSeconds / LONGEST_SCENE_SECONDS));
  const highest = Math.max(fewest, Math.floor(targetSeconds / SHORTEST_SCENE_SECONDS));
  let best = Math.min(fewest, most);
  let least = Number.POSITIVE_INFINITY;
  for (let count = best; count <= Math.min(highest, most); count++) {
    const scene = targetSeconds / count;
    const bought = clipsOfScene(scene, { durations, shots }).reduce((sum, clip) => sum + clip, 0);
    const cost = (bought - scene) * count * 1000 + Math.abs(scene - GOOD_SCENE_SECONDS);
    if (cost < least - 1e-9) [best, least] = [count, cost];
  }
  return best;
}
