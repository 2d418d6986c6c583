/**
 * Waiting for something to be so.
 *
 * @module
 */

/** Waits. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Asks again and again until there is an answer (anything but null, undefined and false), and gives it.
 * Rejects after `limitMs`, naming what it waited for.
 */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer> | Answer,
  { limitMs = 30_000, everyMs = 50 }: { limitMs?: number; everyMs?: number } = {},
): Promise<NonNullable<Answer>> {
  for (const end = performance.now() + limitMs;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms in vain for ${what}`);
    await pause(everyMs);
  }
}
