/**
 * `deno task film "<prompt>"`: from a prompt to an mp4 on this machine, the way a client app goes it.
 *
 * Standard output holds the result alone, standard error everything else. Exit codes: 0 what was asked for is
 * there, 1 it is not, 2 the command line is wrong, 130 and 143 after Ctrl-C and SIGTERM.
 *
 * @module
 */
import { parseFilmArgs } from "./film/args.ts";
import { FILM_PARTS } from "./film/film_parts.ts";
import { FILM_HELP } from "./film/help.ts";
import { runCommand } from "./film/run_command.ts";
import { NoFilm, runFilm } from "./film/run_film.ts";

if (import.meta.main) {
  Deno.exit(
    await runCommand(Deno.args, {
      parse: parseFilmArgs,
      help: FILM_HELP,
      stages: FILM_PARTS,
      run: runFilm,
      explain: (error) => error instanceof NoFilm ? error.message : undefined,
    }),
  );
}
