/**
 * The simulated providers as a child process, because they draw pictures, speak and encode video, which
 * would hold up the gateway.
 *
 * @module
 */
import { type Child, startChild } from "./child.ts";
import { portTaken } from "./ports.ts";
import { StackError } from "./say.ts";

/** The running simulators. */
export interface Providers {
  /** Their process. */
  readonly child: Child;
  /** Base URL of all of them, and of their fault switch. */
  readonly url: string;
  /** What functions must have set to reach them. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts them and waits until they listen. Errors: {@link StackError} with the last line they printed. */
export async function startProvidersChild(
  port: number,
  onLine: (line: string) => void,
): Promise<Providers> {
  let last = "nothing";
  const child = startChild({
    script: "providers_child.ts",
    permissions: ["-A"],
    env: {},
    settings: { port },
    onLine: (line) => {
      last = line;
      onLine(line);
    },
  });
  const ready = await child.ready;
  if (ready === undefined) {
    throw new StackError(`Cannot start the simulated providers: their process said: ${last}`);
  }
  if (ready.failure !== undefined) {
    await child.stop();
    if (ready.portTaken) {
      throw portTaken(port, "the simulated providers", "choose another with --providers-port");
    }
    throw new StackError(`Cannot start the simulated providers: ${ready.failure}`);
  }
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(ready.env ?? {})) env[name] = String(value);
  return { child, url: String(ready.url), env };
}
