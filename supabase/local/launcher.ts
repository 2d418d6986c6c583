/**
 * Ending with `npx`: it does not hand a SIGTERM on to what it started, so `timeout 60 npx deno task start`
 * would leave the stack behind.
 *
 * @module
 */
import { isAlive } from "./process_alive.ts";

const LOOK_MS = 500;

/** Shells and task runners may stand between; nobody nests deeper. */
const MAX_ANCESTORS = 6;

/**
 * Ends this process as SIGTERM would once the `npx` it was started through is gone. Does nothing when it was
 * started otherwise. Keeps nothing alive. Call what it gives when the process is ending anyway: Ctrl-C ends
 * npx too, and must not count as a second signal.
 */
export function endWithLauncher(): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  let isReleased = false;
  findLauncher().then((launcher) => {
    if (launcher === null || isReleased) return;
    const looks = setInterval(() => {
      if (isAlive(launcher)) return;
      clearInterval(looks);
      Deno.kill(Deno.pid, "SIGTERM");
    }, LOOK_MS);
    Deno.unrefTimer(looks);
    timer = looks;
  });
  return () => {
    isReleased = true;
    clearInterval(timer);
  };
}

/** The nearest ancestor that is npm, or null. */
async function findLauncher(): Promise<number | null> {
  let pid = Deno.ppid;
  for (let depth = 0; depth < MAX_ANCESTORS && pid > 1; depth++) {
    const found = await describeProcess(pid);
    if (found === null) return null;
    if (/^npm exec\b|\bnpx(-cli\.js)?\b/.test(found.command)) return pid;
    pid = found.parent;
  }
  return null;
}

/** What `ps` says; null where there is none, or no such process. */
async function describeProcess(pid: number): Promise<{ parent: number; command: string } | null> {
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "ppid=,args=", "-p", String(pid)],
      stderr: "null",
    }).output();
    const match = /^\s*(\d+)\s+(.*)$/m.exec(new TextDecoder().decode(stdout));
    return match === null ? null : { parent: Number(match[1]), command: match[2] ?? "" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
