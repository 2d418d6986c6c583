/**
 * Progress as a bar for each part of the work, on a terminal.
 *
 * @module
 */
// @ts-types="@types/cli-progress"
import cliProgress from "cli-progress";
import process from "node:process";
import type { Elapsed, ProgressDisplay } from "./progress.ts";

const BAR_WIDTH = 30;

/** Redraws a second: tenths of seconds run, and a slow terminal keeps up. */
const FRAMES_PER_SECOND = 10;

/** When a part began, and when it was whole. */
interface Times {
  readonly startedAt: number;
  endedAt: number | undefined;
}

/**
 * Draws on standard error; `stages` are the parts' names. Every bar has its count and its own time, which stops
 * when it is full.
 */
export function createBarDisplay(elapsed: Elapsed, stages: readonly string[]): ProgressDisplay {
  const nameWidth = Math.max(...stages.map((stage) => stage.length));
  const times = new Map<string, Times>();
  const shown = new Map<string, cliProgress.SingleBar>();
  let bars: cliProgress.MultiBar | undefined;
  const stop = () => {
    bars?.stop();
    bars = undefined;
    shown.clear();
  };
  return {
    say(line) {
      // Above the bars, once there are any.
      if (bars === undefined) process.stderr.write(`${line}\n`);
      else bars.log(`${line}\n`);
    },
    show({ stage, done, total }) {
      const time = times.get(stage) ?? { startedAt: elapsed(), endedAt: undefined };
      times.set(stage, time);
      time.endedAt = done === total ? time.endedAt ?? elapsed() : undefined;
      bars ??= createBars(elapsed, nameWidth);
      const bar = shown.get(stage) ?? bars.create(total, done, { stage, time });
      shown.set(stage, bar);
      bar.setTotal(total);
      bar.update(done, { stage, time });
    },
    pause: stop,
    end: stop,
  };
}

function createBars(elapsed: Elapsed, nameWidth: number): cliProgress.MultiBar {
  return new cliProgress.MultiBar({
    format: (_options, { value, total }, { stage, time }) => {
      const filled = total === 0 ? 0 : Math.round(value / total * BAR_WIDTH);
      const seconds = ((time.endedAt ?? elapsed()) - time.startedAt).toFixed(1);
      return [
        stage.padEnd(nameWidth),
        "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled),
        `${value}/${total}`.padStart(5),
        `${seconds} s`.padStart(8),
      ].join("  ");
    },
    stream: process.stderr,
    fps: FRAMES_PER_SECOND,
    hideCursor: true,
    emptyOnZero: true,
    forceRedraw: true,
    // Ctrl-C is the command's own to handle.
    gracefulExit: false,
  });
}
