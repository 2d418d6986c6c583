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
  /** Which of them are there as they are, and never longer. Absent: none. */
  readonly isFixed?: readonly boolean[];
}

/** A fitted scene: what each of its shots buys and shows. */
export interface FittedScene {
  /** In order. `shownSeconds` is never above `clipSeconds`. */
  readonly shots: readonly {
    readonly clipSeconds: number;
    readonly shownSeconds: number;
    /** True: it is there, nothing is bought. */
    readonly isFixed: boolean;
  }[];
}

/** Whether it fits, and how. */
export type Fit =
  | { readonly fits: true; readonly totalSeconds: number; readonly scenes: readonly FittedScene[] }
  | {
    readonly fits: false;
    /** The whole seconds nearest to those asked for in which these scenes fit with these shots. Null: none. */
    readonly nearestSeconds: number | null;
    /** Scenes, counted from 0, whose narration is longer than the longest clips of all their shots. */
    readonly tooLong: readonly number[];
  };

/** A float's last digit is no reason to refuse a film. */
const EPSILON = 1e-6;

/**
 * Gives each scene the time its narration needs and shares the rest evenly, within what its clips can show.
 * Clips that are too short, for their narration or for the length asked for, are bought in the model's next
 * lengths.
 */
export function fitScenes(
  scenes: readonly SceneToFit[],
  { targetSeconds, durations }: {
    readonly targetSeconds: number;
    /** The model's lengths, shortest first. */
    readonly durations: readonly number[];
  },
): Fit {
  const longest = durations.at(-1) ?? 0;
  const mostOf = ({ clipSeconds, isFixed = [] }: SceneToFit) =>
    sum(clipSeconds.map((s, at) => isFixed[at] === true ? s : Math.max(s, longest)));
  const needs = scenes.map(({ narrationSeconds, clipSeconds }) =>
    Math.max(
      narrationSeconds === 0 ? 0 : narrationSeconds + TAIL_SECONDS,
      clipSeconds.length * SHORTEST_SHOT_SECONDS,
    )
  );
  const bounds = {
    least: sum(needs),
    most: sum(scenes.map(mostOf)),
  };
  const tooLong = scenes.flatMap((scene, at) =>
    (needs[at] ?? 0) > mostOf(scene) + EPSILON ? [at] : []
  );
  if (tooLong.length > 0) return { fits: false, nearestSeconds: null, tooLong };
  if (!isWithin(targetSeconds, bounds)) {
    const nearest = bounds.least > targetSeconds
      ? Math.ceil(bounds.least / (1 + LENGTH_TOLERANCE) - EPSILON)
      : Math.floor(bounds.most / (1 - LENGTH_TOLERANCE) + EPSILON);
    return { fits: false, nearestSeconds: isWithin(nearest, bounds) ? nearest : null, tooLong };
  }
  let clips = scenes.map((scene, at) =>
    lengthen([scene], { needed: needs[at] ?? 0, durations })[0] ?? []
  );
  if (total(clips) < targetSeconds * (1 - LENGTH_TOLERANCE)) {
    const longer = scenes.map((scene, at) => ({ ...scene, clipSeconds: clips[at] ?? [] }));
    clips = lengthen(longer, { needed: targetSeconds, durations });
  }
  const totalSeconds = Math.min(Math.max(targetSeconds, bounds.least), total(clips));
  const most = clips.map(sum);
  const slots = share(totalSeconds, most.map((m, at) => ({ needed: needs[at] ?? 0, most: m })));
  return {
    fits: true,
    totalSeconds,
    scenes: clips.map((scene, at) => ({
      shots: scene.map((clipSeconds, shot) => ({
        clipSeconds,
        isFixed: scenes[at]?.isFixed?.[shot] === true,
        shownSeconds: Math.min(
          clipSeconds,
          Math.round((slots[at] ?? 0) * clipSeconds / (most[at] ?? 1) * 1000) / 1000,
        ),
      })),
    })),
  };
}

function isWithin(
  targetSeconds: number,
  { least, most }: { readonly least: number; readonly most: number },
): boolean {
  return least <= targetSeconds * (1 + LENGTH_TOLERANCE) + EPSILON &&
    most >= targetSeconds * (1 - LENGTH_TOLERANCE) - EPSILON;
}

/** Takes the next length for the shortest clip of all until they are together as long as needed. */
function lengthen(
  scenes: readonly SceneToFit[],
  { needed, durations }: { readonly needed: number; readonly durations: readonly number[] },
): number[][] {
  const longer = scenes.map(({ clipSeconds }) => [...clipSeconds]);
  const open = scenes.flatMap(({ clipSeconds, isFixed = [] }, scene) =>
    clipSeconds.flatMap((seconds, at) => isFixed[at] === true ? [] : [{ scene, at, seconds }])
  );
  while (total(longer) < needed - EPSILON) {
    const least = Math.min(...open.map(({ seconds }) => seconds));
    const shortest = open.find(({ seconds }) => seconds === least);
    const next = durations.find((duration) => duration > least);
    const scene = longer[shortest?.scene ?? -1];
    if (shortest === undefined || scene === undefined || next === undefined) break;
    shortest.seconds = next;
    scene[shortest.at] = next;
  }
  return longer;
}

function total(scenes: readonly (readonly number[])[]): number {
  return sum(scenes.map(sum));
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
