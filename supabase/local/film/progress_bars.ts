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

/** Draws on standard error; `stages` are the parts' names. Every bar has its count and its own time, which stops when it is full. */
export function createBarDisplay(elapsed: Elapsed, stages: readonly string[]): ProgressDisplay {
  const nameWidth = Math.max(...stages.map((stage) => stage.length));
  const bars = new cliProgress.MultiBar({
    format: (_options, { value, total }, { stage, startedAt, endedAt }) => {
      const filled = total === 0 ? 0 : Math.round(value / total * BAR_WIDTH);
      const seconds = ((endedAt ?? elapsed()) - startedAt).toFixed(1);
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
  const shown = new Map<string, cliProgress.SingleBar>();
  return {
    say(line) {
      // Above the bars, once there are any.
      if (shown.size === 0) process.stderr.write(`${line}\n`);
      else bars.log(`${line}\n`);
    },
    show({ stage, done, total }) {
      const bar = shown.get(stage);
      if (bar === undefined) {
        shown.set(stage, bars.create(total, done, { stage, startedAt: elapsed() }));
      } else {
        bar.update(done, done === total ? { endedAt: elapsed() } : {});
      }
    },
    end: () => {
      if (shown.size > 0) bars.stop();
    },
  };
}
