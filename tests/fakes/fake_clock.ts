/**
 * Time that moves when a test says so: timers, `AbortSignal.timeout` and both clocks.
 *
 * @module
 */

/** The clock. */
export interface FakeClock {
  /** Moves on and runs what comes due, in its order, with everything that follows from it. */
  advance(ms: number): Promise<void>;
  /** How many timers wait. */
  readonly pending: number;
}

interface Timer {
  readonly id: number;
  readonly run: () => void;
  readonly everyMs: number | null;
  dueMs: number;
}

/** Lets promises that are ready go on. Real, because it is taken before the clock stands still. */
const realTimeout = globalThis.setTimeout;
const settle = () => new Promise<void>((resolve) => realTimeout(resolve, 0));

/** Runs with a clock that stands still. Not for tests that run side by side. */
export async function withFakeClock(run: (clock: FakeClock) => Promise<void>): Promise<void> {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const [dateNow, performanceNow, timeout] = [Date.now, performance.now, AbortSignal.timeout];
  const startMs = Date.now();
  const timers = new Map<number, Timer>();
  let nowMs = 0;
  let lastId = 0;
  const add = (run: () => void, ms: number, everyMs: number | null) => {
    lastId += 1;
    timers.set(lastId, { id: lastId, run, everyMs, dueMs: nowMs + ms });
    return lastId;
  };
  const remove = (id?: number) => void timers.delete(id ?? 0);
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms = 0) => add(run, ms, null),
    setInterval: (run: () => void, ms = 0) => add(run, ms, ms),
    clearTimeout: remove,
    clearInterval: remove,
  });
  Date.now = () => startMs + nowMs;
  performance.now = () => nowMs;
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    add(() => controller.abort(new DOMException("Signal timed out.", "TimeoutError")), ms, null);
    return controller.signal;
  };
  try {
    await run({
      async advance(ms) {
        const untilMs = nowMs + ms;
        await settle();
        while (true) {
          const [next] = [...timers.values()].filter((timer) => timer.dueMs <= untilMs)
            .sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
          if (next === undefined) break;
          nowMs = next.dueMs;
          if (next.everyMs === null) timers.delete(next.id);
          else next.dueMs += next.everyMs;
          next.run();
          await settle();
        }
        nowMs = untilMs;
      },
      get pending() {
        return timers.size;
      },
    });
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    [Date.now, performance.now, AbortSignal.timeout] = [dateNow, performanceNow, timeout];
  }
}
