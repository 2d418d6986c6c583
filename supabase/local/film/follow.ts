/**
 * Looks again and again until something holds.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** How it is followed. */
export interface FollowOptions<Look> {
  /** The last look is the first one for which this holds. */
  readonly isLast: (look: Look) => boolean;
  /** Told of each look. */
  readonly onLook?: ((look: Look) => void) | undefined;
  /** Between looks. Default 300: a look at a local stack takes about 10. */
  readonly intervalMs?: number | undefined;
  /** Ends the following. */
  readonly signal?: AbortSignal | undefined;
}

const INTERVAL_MS = 300;

/** A stack that restarts a process is away for a moment; this many failed looks in a row are not that. */
const MAX_FAILED_LOOKS = 10;

/**
 * Follows, and gives the last look. Errors: that of the tenth failed look in a row; the signal's reason when it
 * was aborted.
 */
export async function follow<Look>(
  look: () => Promise<Look>,
  { isLast, onLook = () => {}, intervalMs = INTERVAL_MS, signal }: FollowOptions<Look>,
): Promise<Look> {
  for (let failures = 0;;) {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      failures = 0;
      onLook(seen);
      if (isLast(seen)) return seen;
    } catch (error) {
      signal?.throwIfAborted();
      failures += 1;
      if (failures === MAX_FAILED_LOOKS) throw error;
    }
    await delay(intervalMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
