/**
 * Whether something that is there is what would be made now.
 *
 * @module
 */

/** What an asset remembers of its making. */
export interface Remembered {
  /** Null: made by a request of its own, or uploaded: the user's choice, whatever it was made from. */
  readonly input_hash: string | null;
  /** When something it was made from changed. */
  readonly stale_at: string | null;
}

/** Tells whether an asset needs not be bought again. */
export function isStillValid({ input_hash, stale_at }: Remembered, hash: string): boolean {
  return input_hash === hash || (input_hash === null && stale_at === null);
}

/**
 * Tells whether a shot's picture or clip was made for something else, and named by hand for this shot: the user's
 * choice until what it shows changes, whatever this shot's own would be made from.
 */
export function isBrought(
  { stale_at, frame_id }: Pick<Remembered, "stale_at"> & { readonly frame_id: string | null },
  frame: { readonly id: string },
): boolean {
  return frame_id !== frame.id && stale_at === null;
}
