/**
 * Progress as lines, for logs and pipes. On a terminal it is bars: see `progress_bars.ts`.
 *
 * @module
 */

/** How far a part is: told when it begins (`done` 0) and each time something of it is ready. */
export interface Progress {
  /** Which part. */
  readonly stage: string;
  /** How many of `total` are ready. */
  readonly done: number;
  /** Of what there is to make. */
  readonly total: number;
}

/** Shows how far the work is. */
export interface ProgressDisplay {
  /** One sentence of what is being done now. */
  say(line: string): void;
  /** How far a part of the work is. */
  show(progress: Progress): void;
  /** Leaves the terminal to somebody else until the next `show`. */
  pause(): void;
  /** The work has ended: what is shown stays, nothing more comes. */
  end(): void;
}

/** Seconds since the command began. */
export type Elapsed = () => number;

/** Writes `[12.3 s] images 2/3`, a line for each thing that happens. */
export function createLineDisplay(
  write: (line: string) => void,
  elapsed: Elapsed,
): ProgressDisplay {
  const line = (text: string) => write(`[${elapsed().toFixed(1)} s] ${text}`);
  return {
    say: line,
    show: ({ stage, done, total }) => line(`${stage} ${done}/${total}`),
    pause: () => {},
    end: () => {},
  };
}
