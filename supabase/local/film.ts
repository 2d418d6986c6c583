/**
 * `deno task film "<prompt>"`: from a prompt to an mp4 on this machine, the way a client app goes it.
 *
 * Standard output holds the result alone, standard error everything else. Exit codes: 0 the film is
 * written, 1 it failed, 2 the command line is wrong, 130 and 143 after Ctrl-C and SIGTERM.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT_DIR } from "./child.ts";
import { readEnvFile } from "./env_file.ts";
import { FILM_HELP, type FilmCommand, parseFilmArgs } from "./film/args.ts";
import { cancelOpenJobs } from "./film/cancel_jobs.ts";
import { checkModels } from "./film/check_models.ts";
import { signUpDemoUser } from "./film/demo_user.ts";
import { FILM_STAGES, FilmError } from "./film/film_error.ts";
import { prepareFilmPath, saveFilm } from "./film/film_file.ts";
import { makeFilm } from "./film/make_film.ts";
import { openStack } from "./film/open_stack.ts";
import { describeProviders } from "./film/providers_in_use.ts";
import { formatFailure, formatJson, formatReport } from "./film/report.ts";
import { type CommandSetting, runCommand } from "./film/run_command.ts";
import { readSimulate } from "./simulated.ts";

/** Makes the film and gives what goes to standard output. Whatever it began has ended when this settles. */
async function film(
  command: FilmCommand,
  { display, elapsed, signal }: CommandSetting,
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

/** A film that failed says which scenes; the rest, the command says. */
const explain = (error: unknown) => error instanceof FilmError ? formatFailure(error) : undefined;

if (import.meta.main) {
  Deno.exit(
    await runCommand(Deno.args, {
      parse: parseFilmArgs,
      help: FILM_HELP,
      stages: FILM_STAGES,
      run: film,
      explain,
    }),
  );
}
