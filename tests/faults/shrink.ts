/**
 * Finds a small part of a failing run that still fails.
 *
 * @module
 */

/** How to shrink. */
export interface ShrinkOptions<Item> {
  /** What the failure points at: tried first, alone. */
  readonly suspects: readonly Item[];
  /** Runs some of the items, in order. Chance is left in processes and networks: it may differ each time. */
  fails(items: readonly Item[]): Promise<boolean>;
  /** Runs at most. Default 12: each takes a stack and some of a minute. */
  readonly maxRuns?: number;
}

/**
 * Gives the smallest failing list found, in the given order: the suspects if they fail alone, and then by
 * halves, quarters and so on, until nothing can be left out or the runs are used up (delta debugging,
 * Zeller 1999). The whole list when no part of it fails.
 */
export async function shrinkRounds<Item>(
  items: readonly Item[],
  options: ShrinkOptions<Item>,
): Promise<readonly Item[]> {
  let runs = options.maxRuns ?? 12;
  const fails = async (some: readonly Item[]) => {
    if (runs <= 0 || some.length === 0) return false;
    runs -= 1;
    return await options.fails(some);
  };
  let smallest = items;
  if (options.suspects.length > 0 && options.suspects.length < items.length) {
    if (await fails(options.suspects)) smallest = options.suspects;
  }
  for (let parts = 2; smallest.length > 1 && runs > 0;) {
    const size = Math.ceil(smallest.length / parts);
    const chunks = Array.from(
      { length: Math.ceil(smallest.length / size) },
      (_, at) => smallest.slice(at * size, (at + 1) * size),
    );
    const smaller = await firstFailing([
      ...chunks,
      // With two parts, what one leaves out is the other.
      ...(chunks.length > 2 ? chunks.map((chunk) => without(smallest, chunk)) : []),
    ], fails);
    if (smaller !== null) {
      smallest = smaller;
      parts = 2;
    } else if (parts >= smallest.length) {
      break;
    } else {
      parts = Math.min(smallest.length, parts * 2);
    }
  }
  return smallest;
}

function without<Item>(items: readonly Item[], some: readonly Item[]): Item[] {
  return items.filter((item) => !some.includes(item));
}

async function firstFailing<Item>(
  lists: readonly (readonly Item[])[],
  fails: (items: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[] | null> {
  for (const list of lists) {
    if (await fails(list)) return list;
  }
  return null;
}
