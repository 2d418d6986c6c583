/**
 * Chance that can be repeated: the same seed gives the same rounds on every machine.
 *
 * @module
 */

/** A source of chance. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole, from 0 to `below` - 1. */
  int(below: number): number;
  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** True with a probability. */
  chance(probability: number): boolean;
}

/** Makes a source from a whole seed (mulberry32: public domain, 32 bits of state are enough here). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return {
    next,
    int,
    pick: (items) => {
      const item = items[int(items.length)];
      if (item === undefined) throw new RangeError("Cannot pick from an empty list");
      return item;
    },
    chance: (probability) => next() < probability,
  };
}
