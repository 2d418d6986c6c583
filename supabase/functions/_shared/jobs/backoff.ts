/**
 * How long to wait before the next try.
 *
 * @module
 */
import type { ClaimedJob } from "../database/job_queue.ts";

/** First wait; doubles with each failure. */
const BASE_SECONDS = 2;

/** Longer waits help nobody who watches a progress bar. */
const CAP_SECONDS = 60;

/**
 * Exponential backoff with full jitter: uniform in (0, min(60, 2·2^failures)], never below 0.5 s, so that
 * jobs that failed together don't come back together.
 *
 * @param failureCount failures so far, 0..
 * @param random uniform in [0, 1)
 */
export function backoffSeconds(failureCount: number, random: () => number = Math.random): number {
  const ceiling = Math.min(CAP_SECONDS, BASE_SECONDS * 2 ** Math.min(failureCount, 16));
  return Math.max(0.5, (1 - random()) * ceiling);
}

/** Tells whether a claimed job's deadline comes before a wait of so many seconds is over. */
export function isTooLate(
  { deadline_at, claimed_at, created_at }: Pick<
    ClaimedJob,
    "deadline_at" | "claimed_at" | "created_at"
  >,
  seconds: number,
): boolean {
  // Both times are the database's.
  return seconds * 1000 > Date.parse(deadline_at) - Date.parse(claimed_at ?? created_at);
}
