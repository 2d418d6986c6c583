/**
 * Repeatable choices: the same text always gives the same numbers, another text gives others.
 *
 * @module
 */

/** A source of choices. Every call moves it on. */
export interface Chooser {
  /** A number from 0 up to, not including, 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(min: number, max: number): number;
  /** One of the values. Throws `RangeError` when there are none. */
  pick<T>(values: readonly T[]): T;
  /** The values in another order. */
  shuffle<T>(values: readonly T[]): T[];
}

/** Makes the source that belongs to a text (FNV-1a for the seed, mulberry32 for the sequence). */
export function chooserFor(text: string): Chooser {
  let state = hashText(text);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    between,
    pick<T>(values: readonly T[]): T {
      if (values.length === 0) throw new RangeError("Nothing to pick from");
      return values[between(0, values.length - 1)] as T;
    },
    shuffle<T>(values: readonly T[]): T[] {
      const left = [...values];
      return values.flatMap(() => left.splice(between(0, left.length - 1), 1));
    },
  };
}

/** A 32-bit hash of a text's UTF-16 units. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
