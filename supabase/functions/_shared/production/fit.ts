/**
 * Fitting measured narration into the length that was asked for, before any picture or clip is bought.
 *
 * @module
 */

/** A breath after the narration, so that no cut falls on its last word. */
export const TAIL_SECONDS = 0.3;

/** A film may be this much longer or shorter than asked. */
export const LENGTH_TOLERANCE = 0.05;

/** Shorter shots are flashes. */
const SHORTEST_SHOT_SECONDS = 1;

/** A scene to fit. */
export interface SceneToFit {
  /** Measured. 0: nobody speaks. */
  readonly narrationSeconds: number;
  /** The clips planned for it, at least one. */
  readonly clipSeconds: readonly number[];
}

/** A fitted scene: what each of its shots buys and shows. */
export interface FittedScene {
  /** In order. `shownSeconds` is never above `clipSeconds`. */
  readonly shots: readonly { readonly clipSeconds: number; readonly shownSeconds: number }[];
}

/** Whether it fits, and how. */
export type Fit =
  | { readonly fits: true; readonly totalSeconds: number; readonly scenes: readonly FittedScene[] }
  /** `nearestSeconds`: the shortest film this narration fits in. */
  | { readonly fits: false; readonly nearestSeconds: number };

/**
 * Gives each scene the time its narration needs and shares the rest evenly, within what its clips can show.
 * Clips that are too short for their narration are bought in the model's next length.
 */
export function fitScenes(
  scenes: readonly SceneToFit[],
  { targetSeconds, durations }: {
    readonly targetSeconds: number;
    /** The model's lengths, shortest first. */
    readonly durations: readonly number[];
  },
): Fit {
  const bounded = scenes.map(({ narrationSeconds, clipSeconds }) => {
    const needed = Math.max(
      narrationSeconds === 0 ? 0 : narrationSeconds + TAIL_SECONDS,
      clipSeconds.length * SHORTEST_SHOT_SECONDS,
    );
    const clips = lengthen(clipSeconds, { needed, durations });
    return { needed, clips, most: sum(clips) };
  });
  const least = sum(bounded.map(({ needed }) => needed));
  const isSpeakable = bounded.every(({ needed, most }) => needed <= most);
  if (!isSpeakable || least > targetSeconds * (1 + LENGTH_TOLERANCE)) {
    return { fits: false, nearestSeconds: Math.ceil(Math.max(least, targetSeconds)) };
  }
  let total = Math.min(Math.max(targetSeconds, least), sum(bounded.map(({ most }) => most)));
  if (total < targetSeconds * (1 - LENGTH_TOLERANCE)) {
    for (const scene of bounded) {
      const wanted = scene.most * targetSeconds / total;
      scene.clips = lengthen(scene.clips, { needed: wanted, durations });
      scene.most = sum(scene.clips);
    }
    total = Math.min(targetSeconds, sum(bounded.map(({ most }) => most)));
  }
  const slots = share(total, bounded);
  return {
    fits: true,
    totalSeconds: total,
    scenes: bounded.map(({ clips, most }, at) => ({
      shots: clips.map((clipSeconds) => ({
        clipSeconds,
        shownSeconds: Math.round((slots[at] ?? most) * clipSeconds / most * 1000) / 1000,
      })),
    })),
  };
}

/** Takes the next length for the shortest clip until all of them together are as long as needed. */
function lengthen(
  clips: readonly number[],
  { needed, durations }: { readonly needed: number; readonly durations: readonly number[] },
): number[] {
  const longer = [...clips];
  while (sum(longer) < needed) {
    const at = longer.indexOf(Math.min(...longer));
    const next = durations.find((duration) => duration > (longer[at] ?? 0));
    if (next === undefined) break;
    longer[at] = next;
  }
  return longer;
}

/** Slots that add up to `total`, as equal as the scenes' bounds allow. `total` lies within the bounds' sums. */
function share(
  total: number,
  scenes: readonly { readonly needed: number; readonly most: number }[],
): number[] {
  const at = (level: number) =>
    scenes.map(({ needed, most }) => Math.min(most, Math.max(needed, level)));
  let low = 0;
  let high = Math.max(...scenes.map(({ most }) => most));
  // Forty halvings of a minute are below a nanosecond.
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) < total) low = middle;
    else high = middle;
  }
  return at(high);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
