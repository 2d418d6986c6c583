/**
 * A step done again and again until stopped, through failures of the database.
 *
 * @module
 */

/** How long running work may take to end by itself when the scheduler stops. */
export const GRACE_MS = 1000;

/** Pause after a failed step: the database is most likely starting again. */
const RETRY_MS = 300;

/** A loop and the means to end it. */
export interface Worker {
  /** Resolves when nothing of it runs any more. Safe to repeat. */
  stop(): Promise<void>;
}

/** What both loops are given. */
export interface WorkerOptions {
  /** A superuser's connection string. */
  readonly databaseUrl: string;
  /** Takes what people should know. */
  readonly log: (line: string) => void;
  /** Pause between two looks. */
  readonly tickMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Repeats `step` until the signal; says when it begins to fail and when it works again. */
export async function repeat(
  name: string,
  step: () => Promise<void>,
  { signal, log, tickMs }: Pick<WorkerOptions, "log" | "tickMs"> & { signal: AbortSignal },
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      await step();
      if (failing) log(`${name}: the database answers again`);
      failing = false;
    } catch (cause) {
      if (!failing && !signal.aborted) log(`${name}: ${describe(cause)}; trying again`);
      failing = true;
    }
    await pause(failing ? RETRY_MS : tickMs, signal);
  }
}

/** Resolves after a time, or at once when the signal comes. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Waits for what runs, cancelling it when it takes longer than {@link GRACE_MS}. */
export async function settle(running: Iterable<Promise<void>>, cancel: () => void): Promise<void> {
  const timer = setTimeout(cancel, GRACE_MS);
  await Promise.allSettled(running);
  clearTimeout(timer);
}

/** What was thrown, in one line, down to what caused it. */
export function describe(thrown: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = thrown; at !== undefined && parts.length < 5;) {
    parts.push(at instanceof Error ? at.message : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(": ");
}
