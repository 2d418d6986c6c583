/**
 * Chance that can be repeated: the same words always give the same picture.
 *
 * @module
 */

/** A source of numbers that is decided by its seed alone. */
export interface Random {
  /** The next number, from `low` up to but not including `high`. */
  between(low: number, high: number): number;
  /** The next whole number, from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  /** One of the items. Throws `RangeError` when there are none. */
  pick<Item>(items: readonly Item[]): Item;
}

/** Hashes a text to 32 bits. Source: FNV-1a, draft-eastlake-fnv-17. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}

/** Makes a source of numbers from a seed. Source: mulberry32, public domain, by Tommy Ettinger. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number) => low + next() * (high - low);
  return {
    between,
    whole: (low, high) => Math.floor(between(low, high + 1)),
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError("Cannot pick from no items");
      return item;
    },
  };
}
