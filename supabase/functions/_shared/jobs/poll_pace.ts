/**
 * When to look at a render again: webhooks bring the news, polls are the net below them.
 *
 * @module
 */

/** Never sooner: providers count polls too. */
const SHORTEST_SECONDS = 2;

/** Never later: a missed webhook costs at most this. */
const LONGEST_SECONDS = 30;

/**
 * Seconds until the next look. The first comes at the model's typical time, later ones after a tenth of the
 * age; ±20 % jitter, so that clips started together are not all looked at together.
 *
 * @param ageSeconds since the task was submitted
 * @param typicalSeconds how long the model usually takes
 */
export function pollDelaySeconds(
  ageSeconds: number,
  typicalSeconds: number,
  random: () => number = Math.random,
): number {
  const due = ageSeconds < typicalSeconds ? typicalSeconds - ageSeconds : ageSeconds / 10;
  const bounded = Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, due));
  return bounded * (0.8 + 0.4 * random());
}
