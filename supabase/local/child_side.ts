/**
 * Processes of the stack, seen from inside the child. See `child.ts` for the other side.
 *
 * @module
 */
import { CONTROL_MARK } from "./child.ts";
import { TextLineStream } from "./lines.ts";

const encoder = new TextEncoder();

/** Sends a control message to the parent; its pipe may be gone, and then this process soon is too. */
export function announce(message: Record<string, unknown>): void {
  try {
    Deno.stdout.writeSync(encoder.encode(`${CONTROL_MARK}${JSON.stringify(message)}\n`));
  } catch {
    Deno.exit(0);
  }
}

/**
 * Gives the messages of the parent, the settings first. When the parent closes the pipe or is gone, runs
 * `beforeExit` and ends this process.
 */
export async function* parentMessages<Message = Record<string, unknown>>(
  beforeExit: () => void = () => {},
): AsyncGenerator<Message> {
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) yield JSON.parse(line);
  beforeExit();
  Deno.exit(0);
}
