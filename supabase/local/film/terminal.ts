/**
 * Questions to whoever sits at the terminal.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";

/** Whether there is somebody to ask. */
export function hasTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Asks on standard error and gives the line; null at the end of the input or when the signal is aborted. */
export function askLine(question: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    // As no terminal: the system's own line editing stays, and Ctrl-C stays a signal to the whole command.
    const lines = createInterface({ input: process.stdin, terminal: false });
    const stop = () => lines.close();
    signal.addEventListener("abort", stop, { once: true });
    lines.once("line", (line) => {
      resolve(line);
      lines.close();
    });
    lines.once("close", () => {
      signal.removeEventListener("abort", stop);
      resolve(null);
    });
    if (signal.aborted) stop();
    else process.stderr.write(question);
  });
}
