/**
 * `deno task clip photo.jpg --preset hip-hop`: from a photo to an mp4 on this machine, the way a client app
 * goes it. Exit codes: see `film/run_command.ts`.
 *
 * @module
 */
import { join } from "node:path";
import { PROJECT_DIR } from "./child.ts";
import { CLIP_HELP, type ClipCommand, parseClipArgs } from "./clip/args.ts";
import { checkPreset } from "./clip/check_preset.ts";
import { CLIP_STAGES, makeClip } from "./clip/make_clip.ts";
import { readPhoto } from "./clip/read_photo.ts";
import { formatClipJson, formatClipReport } from "./clip/report.ts";
import { readEnvFile } from "./env_file.ts";
import { cancelOpenJobs } from "./film/cancel_jobs.ts";
import { checkOffered } from "./film/check_models.ts";
import { signUpDemoUser } from "./film/demo_user.ts";
import { FilmError } from "./film/film_error.ts";
import { prepareFilmPath, saveFilm } from "./film/film_file.ts";
import { openStack } from "./film/open_stack.ts";
import { describeProviders } from "./film/providers_in_use.ts";
import { formatFailure } from "./film/format_failure.ts";
import { type CommandSetting, runCommand } from "./film/run_command.ts";

/** Makes the clip and gives what goes to standard output. Whatever it began has ended when this settles. */
async function clip(
  command: ClipCommand,
  { display, elapsed, signal }: CommandSetting,
): Promise<string> {
  const { wish } = command;
  const photo = await readPhoto(command.photo);
  const path = await prepareFilmPath(command.out);
  display.say(describeProviders(await readEnvFile(join(PROJECT_DIR, ".env"))));
  const stack = await openStack({
    dir: command.dir,
    port: command.port,
    say: (line) => display.say(line),
  });
  try {
    signal.throwIfAborted();
    const { studio, email } = await signUpDemoUser(stack);
    await checkPreset(studio.supabase, wish.preset);
    await checkOffered(studio.supabase, [{ flag: "--model", kind: "video", id: wish.model }]);
    display.say(`Ready at ${stack.url}; signed up ${email}`);
    const account = await makeClip(studio, { photo, wish }, {
      onProgress: (progress) => display.show(progress),
      signal,
    }).catch(async (error) => {
      // The stack is still up; if that fails too, jobs end at their deadlines.
      if (signal.aborted) await cancelOpenJobs(studio).catch(() => {});
      throw error;
    });
    const { url, duration_sec: durationSeconds } = account;
    const file = await saveFilm(url, path, { durationSeconds, silent: true, signal });
    const result = { account, file, seconds: elapsed() };
    return command.json ? formatClipJson(result) : formatClipReport(result, stack);
  } finally {
    display.end();
    await stack.close();
  }
}

/** What the studio said, with what to do next. */
const explain = (error: unknown) => error instanceof FilmError ? formatFailure(error) : undefined;

if (import.meta.main) {
  Deno.exit(
    await runCommand(Deno.args, {
      parse: parseClipArgs,
      help: CLIP_HELP,
      stages: CLIP_STAGES,
      run: clip,
      explain,
    }),
  );
}
