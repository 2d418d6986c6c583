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
 * Tells whether a shot's picture or clip was not made by a film for this shot, but named for it by hand: the user's
 * choice until what it shows changes, whatever this shot's own would be made from.
 */
export function isBrought(
  { input_hash, stale_at, frame_id }: Remembered & { readonly frame_id: string | null },
  frame: { readonly id: string },
): boolean {
  return stale_at === null && (input_hash === null || frame_id !== frame.id);
}
