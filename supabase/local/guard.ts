/**
 * A watch over processes that must not outlive this one, however it ends. Most see their input close and end
 * by themselves; one that is stopped (SIGSTOP) or stuck does not.
 *
 * @module
 */

/** A running watch. */
export interface Guard {
  /** Its process id. */
  readonly pid: number;
  /** Replaces the list of processes to kill when this one is gone. */
  watch(pids: readonly number[]): void;
  /** Ends the watch and kills nothing. */
  stop(): Promise<void>;
}

/** Remembers the last line, and acts on it when its input closes. */
const SCRIPT = 'while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -KILL $pids';

/** Starts the watch: one shell that waits for its input to close. */
export function startGuard(): Guard {
  const process = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT],
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // Out of the terminal's reach: Ctrl-C is for the parent.
    detached: true,
  }).spawn();
  const input = process.stdin.getWriter();
  const encoder = new TextEncoder();
  const write = (line: string) => input.write(encoder.encode(`${line}\n`)).catch(() => {});
  return {
    pid: process.pid,
    watch: (pids) => void write(pids.join(" ")),
    async stop() {
      await write("");
      await input.close().catch(() => {});
      await process.status;
    },
  };
}
