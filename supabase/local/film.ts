/**
 * `deno task film "<prompt>"`: from a prompt to an mp4 on this machine, the way a client app goes it.
 *
 * Standard output holds the result alone, standard error everything else. Exit codes: 0 the film is
 * written, 1 it failed, 2 the command line is wrong, 130 and 143 after Ctrl-C and SIGTERM.
 *
 * @module
 */
import { endWithLauncher } from "./launcher.ts";
import { join } from "node:path";
import { PROJECT_DIR } from "./child.ts";
import { readEnvFile } from "./env_file.ts";
import { FILM_HELP, type FilmCommand, parseFilmArgs } from "./film/args.ts";
import { cancelOpenJobs } from "./film/cancel_jobs.ts";
import { checkModels } from "./film/check_models.ts";
import { signUpDemoUser } from "./film/demo_user.ts";
import { FilmError } from "./film/film_error.ts";
import { FilmFileError, prepareFilmPath, saveFilm } from "./film/film_file.ts";
import { makeFilm } from "./film/make_film.ts";
import { openStack } from "./film/open_stack.ts";
import { createLineDisplay, type ProgressDisplay } from "./film/progress.ts";
import { createBarDisplay } from "./film/progress_bars.ts";
import { describeProviders } from "./film/providers_in_use.ts";
import { formatFailure, formatJson, formatReport } from "./film/report.ts";
import { UsageError } from "./film/usage_error.ts";
import { StackError } from "./say.ts";
import { readSimulate } from "./simulated.ts";

/** Exit codes of a process ended by a signal: 128 and its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Makes the film and gives what goes to standard output. Whatever it began has ended when this settles. */
async function film(
  command: FilmCommand,
  { display, elapsed, signal }: {
    readonly display: ProgressDisplay;
    readonly elapsed: () => number;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const path = await prepareFilmPath(command.out);
  const file = await readEnvFile(join(PROJECT_DIR, ".env"));
  display.say(describeProviders(file, readSimulate(file)));
  const stack = await openStack({
    dir: command.dir,
    port: command.port,
    say: (line) => display.say(line),
  });
  try {
    signal.throwIfAborted();
    const { studio, email } = await signUpDemoUser(stack);
    await checkModels(studio.supabase, command.wish);
    display.say(`Ready at ${stack.url}; signed up ${email}`);
    const account = await makeFilm(studio, command.wish, {
      onProgress: (progress) => display.show(progress),
      onScript: ({ project, scenes }) =>
        display.say(`"${project.title}", scenes: ${scenes.length}`),
      signal,
    }).catch(async (error) => {
      // The stack is still up; if that fails too, jobs end at their deadlines.
      if (signal.aborted) await cancelOpenJobs(studio).catch(() => {});
      throw error;
    });
    const { url, duration_sec: durationSeconds } = account.film;
    const file = await saveFilm(url, path, { durationSeconds, signal });
    const result = { account, file, seconds: elapsed() };
    return command.json ? formatJson(result) : formatReport(result, stack);
  } finally {
    display.end();
    await stack.close();
  }
}

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
        : await film(command, { display, elapsed, signal: stop.signal }),
    );
    return 0;
  } catch (error) {
    if (stoppedBy !== undefined) return SIGNALS[stoppedBy];
    if (error instanceof FilmError) console.error(formatFailure(error));
    else if (error instanceof UsageError) console.error(error.message);
    else if (error instanceof StackError || error instanceof FilmFileError) {
      console.error(error.message);
    } else console.error(error);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
