/**
 * What every command does around its work: help, progress, signals, and what is said at the end.
 *
 * Standard output holds the result alone, standard error everything else. Exit codes: 0 it is done, 1 it
 * failed, 2 the command line is wrong, 130 and 143 after Ctrl-C and SIGTERM.
 *
 * @module
 */
import { endWithLauncher } from "../launcher.ts";
import { StackError } from "../say.ts";
import { FilmFileError } from "./film_file.ts";
import { createLineDisplay, type Elapsed, type ProgressDisplay } from "./progress.ts";
import { createBarDisplay } from "./progress_bars.ts";
import { UsageError } from "./usage_error.ts";

/** Exit codes of a process ended by a signal: 128 and its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** What a command's work is given. */
export interface CommandSetting {
  /** Shows how far it is. */
  readonly display: ProgressDisplay;
  /** Seconds since the command began. */
  readonly elapsed: Elapsed;
  /** Aborted at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A command. */
export interface CommandDefinition<Command> {
  /** Reads the words. Throws {@link UsageError}. */
  parse(words: readonly string[]): Command | "help";
  /** What it can do, for people. */
  readonly help: string;
  /** Names of the parts of its work. */
  readonly stages: readonly string[];
  /** Does the work and gives what goes to standard output. All it began has ended when this settles. */
  run(command: Command, setting: CommandSetting): Promise<string>;
  /** Says in words why it failed; undefined for errors that it does not know. */
  explain(error: unknown): string | undefined;
}

/** Runs a command and gives its exit code. */
export async function runCommand<Command>(
  words: readonly string[],
  { parse, help, stages, run, explain }: CommandDefinition<Command>,
): Promise<number> {
  const startedAtMs = performance.now();
  const elapsed = () => (performance.now() - startedAtMs) / 1000;
  const stop = new AbortController();
  let stoppedBy: keyof typeof SIGNALS | undefined;
  const release = endWithLauncher();
  const display = Deno.stderr.isTerminal()
    ? createBarDisplay(elapsed, stages)
    : createLineDisplay((line) => console.error(line), elapsed);
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && name === "SIGTERM") continue;
    Deno.addSignalListener(name, () => {
      // The processes of the stack end with this one, so the impatient may leave at once.
      if (stoppedBy !== undefined) {
        display.end();
        Deno.exit(SIGNALS[name]);
      }
      stoppedBy = name;
      release();
      display.say("Stopping");
      stop.abort();
    });
  }
  try {
    const command = parse(words);
    console.log(
      command === "help" ? help : await run(command, { display, elapsed, signal: stop.signal }),
    );
    return 0;
  } catch (error) {
    if (stoppedBy !== undefined) return SIGNALS[stoppedBy];
    const isOurs = error instanceof UsageError || error instanceof StackError ||
      error instanceof FilmFileError;
    console.error(explain(error) ?? (isOurs ? error.message : error));
    return error instanceof UsageError ? 2 : 1;
  }
}
