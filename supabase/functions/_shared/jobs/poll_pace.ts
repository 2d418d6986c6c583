/**
 * When to look at a render again: webhooks bring the news, polls are the net below them.
 *
 * @module
 */

/** Never sooner: providers count polls too, and a picture that is late is late by seconds. */
const SHORTEST_SECONDS = 1.25;

/** Never later: a missed webhook costs at most this. */
const LONGEST_SECONDS = 30;

/** Where a provider asks for more between looks at a task (docs.dev.runwayml.com, September 2026). */
const FLOOR_SECONDS: Readonly<Record<string, number>> = { runway: 5 };

/** Looks that were meant for one moment are spread by a fifth to each side. */
const JITTER = 0.2;

/** What is looked at. */
export interface PollPace {
  /** Who renders it. */
  readonly provider: string;
  /** Since it was submitted, in seconds. */
  readonly ageSeconds: number;
  /** How long the model usually takes, in seconds. */
  readonly typicalSeconds: number;
}

/**
 * Seconds until the next look. The first comes at the model's typical time, later ones after a tenth of the
 * age: 1 to 30, ±20 % so that clips started together are not all looked at together; never less than what the
 * provider asks for.
 */
export function pollDelaySeconds(
  { provider, ageSeconds, typicalSeconds }: PollPace,
  random: () => number = Math.random,
): number {
  const due = ageSeconds < typicalSeconds ? typicalSeconds - ageSeconds : ageSeconds / 10;
  const floor = Math.max(SHORTEST_SECONDS, (FLOOR_SECONDS[provider] ?? 0) / (1 - JITTER));
  return Math.min(LONGEST_SECONDS, Math.max(floor, due)) * (1 - JITTER + 2 * JITTER * random());
}
