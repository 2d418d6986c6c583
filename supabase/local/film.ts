/**
 * `deno task film "<prompt>"`: from a prompt to an mp4 on this machine, the way a client app goes it.
 *
 * Standard output holds the result alone, standard error everything else. Exit codes: 0 what was asked for is
 * there, 1 it is not, 2 the command line is wrong, 130 and 143 after Ctrl-C and SIGTERM.
 *
 * @module
 */
import { FILM_HELP } from "./film/help.ts";
import { parseFilmArgs } from "./film/args.ts";
import { FilmFileError } from "./film/film_file.ts";
import { createLineDisplay } from "./film/progress.ts";
import { createBarDisplay } from "./film/progress_bars.ts";
import { NoFilm, runFilm } from "./film/run_film.ts";
import { UsageError } from "./film/usage_error.ts";
import { endWithLauncher } from "./launcher.ts";
import { StackError } from "./say.ts";

/** Exit codes of a process ended by a signal: 128 and its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** What is said to people in a sentence of its own; anything else is a fault of ours and shown whole. */
const TOLD = [NoFilm, UsageError, StackError, FilmFileError] as const;

/** Runs the command and gives its exit code. */
async function main(words: readonly string[]): Promise<number> {
  const startedAtMs = performance.now();
  const elapsed = () => (performance.now() - startedAtMs) / 1000;
  const stop = new AbortController();
  let stoppedBy: keyof typeof SIGNALS | undefined;
  const release = endWithLauncher();
  const display = Deno.stderr.isTerminal()
    ? createBarDisplay(elapsed)
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
    const command = parseFilmArgs(words);
    console.log(
      command === "help"
        ? FILM_HELP
        : await runFilm(command, { display, elapsed, signal: stop.signal }),
    );
    return 0;
  } catch (error) {
    if (stoppedBy !== undefined) return SIGNALS[stoppedBy];
    if (error instanceof Error && TOLD.some((told) => error instanceof told)) {
      console.error(error.message);
    } else console.error(error);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
