/**
 * One run of the command: a stack, a user, and the film that user asks for.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT_DIR } from "../child.ts";
import { readEnvFile } from "../env_file.ts";
import { readSimulate } from "../simulated.ts";
import type { FilmCommand } from "./args.ts";
import { cancelOpenJobs } from "./cancel_jobs.ts";
import type { ConfirmCast } from "./cast.ts";
import { createCastDialog } from "./cast_dialog.ts";
import { checkModels } from "./check_models.ts";
import { type DemoUser, signUpDemoUser } from "./demo_user.ts";
import { CastWaits, FilmError } from "./film_error.ts";
import { prepareFilmPath, saveFilm } from "./film_file.ts";
import { formatCast } from "./format_cast.ts";
import { formatFailure, formatWaiting } from "./format_failure.ts";
import { formatPlan } from "./format_plan.ts";
import { makeFilm, planFilm } from "./make_film.ts";
import { type OpenStack, openStack } from "./open_stack.ts";
import type { ProgressDisplay } from "./progress.ts";
import { describeProviders } from "./providers_in_use.ts";
import { formatJson, formatReport } from "./report.ts";
import type { CommandSetting } from "./run_command.ts";
import { askLine, hasTerminal } from "./terminal.ts";

/** There is no film, and `message` says to people why and what they can do. */
export class NoFilm extends Error {
  /** For logs. */
  override readonly name = "NoFilm";
}

/**
 * Does what the command says and gives what goes to standard output. Whatever it began has ended when this
 * settles, except a film whose cast waits. Errors: {@link NoFilm}, `UsageError`, `FilmFileError`, those of the stack.
 */
export async function runFilm(command: FilmCommand, run: CommandSetting): Promise<string> {
  const { display, signal } = run;
  const wantsFile = !command.dryRun && (command.wish.stopAt ?? "film") === "film";
  const path = wantsFile ? await prepareFilmPath(command.out) : null;
  const env = await readEnvFile(join(PROJECT_DIR, ".env"));
  display.say(describeProviders(env, readSimulate(env)));
  const stack = await openStack({
    dir: command.dir,
    port: command.port,
    say: (line) => display.say(line),
  });
  try {
    signal.throwIfAborted();
    const user = await signUpDemoUser(stack);
    await checkModels(user.studio.supabase, command.wish);
    display.say(`Ready at ${stack.url}; signed up ${user.email}`);
    return await filmFor(user, { command, stack, path, run });
  } finally {
    display.end();
    await stack.close();
  }
}

async function filmFor(
  { studio, email, password }: DemoUser,
  { command, stack, path, run: { display, elapsed, signal } }: {
    readonly command: FilmCommand;
    readonly stack: OpenStack;
    readonly path: string | null;
    readonly run: CommandSetting;
  },
): Promise<string> {
  try {
    if (command.dryRun) {
      const planned = await planFilm(studio, command.wish);
      return command.json ? JSON.stringify(planned, null, 2) : formatPlan(planned);
    }
    const account = await makeFilm(studio, command.wish, {
      onProgress: (progress) => display.show(progress),
      onScript: ({ project, scenes }) =>
        display.say(`"${project?.title}", scenes: ${scenes.length}`),
      confirm: confirmation(command, display, signal),
      signal,
    });
    const file = account.film === null || path === null
      ? null
      : await saveFilm(account.film.url, path, {
        durationSeconds: account.film.duration_sec,
        signal,
      });
    const result = { account, file, seconds: elapsed() };
    return command.json ? formatJson(result) : formatReport(result, stack);
  } catch (error) {
    // The stack is still up; if that fails too, jobs end at their deadlines.
    if (signal.aborted) await cancelOpenJobs(studio).catch(() => {});
    const access = { ...stack, email, password };
    if (error instanceof FilmError) {
      throw new NoFilm(formatFailure(error, access), { cause: error });
    }
    if (error instanceof CastWaits) {
      throw new NoFilm(formatWaiting(error, access), { cause: error });
    }
    throw error;
  }
}

/** Who says whether the cast is right: the flag, whoever sits at the terminal, or nobody. */
function confirmation(
  { yes }: FilmCommand,
  display: ProgressDisplay,
  signal: AbortSignal,
): ConfirmCast {
  if (!yes && hasTerminal()) {
    return createCastDialog({
      say: (text) => {
        display.pause();
        display.say(text);
      },
      ask: (question) => askLine(question, signal),
    });
  }
  return (cast) => {
    display.say(`The cast\n${formatCast(cast)}`);
    return Promise.resolve({ kind: yes ? "confirm" : "keep" });
  };
}
