/**
 * `deno task start`: the stack for development. It stays up until Ctrl-C.
 *
 * Options: `--port N` (API, 54321 unless given), `--db-port N` (54322), `--providers-port N` (54329),
 * `--workers N` (2), `--dir D` (.local), `--reset` (forget everything in it), `--logs` (functions' logs here too).
 *
 * @module
 */
import { endWithLauncher } from "./launcher.ts";
import { parseArgs } from "node:util";
import { StackError } from "./say.ts";
import { type Stack, type StackOptions, startStack } from "./stack.ts";

const USAGE =
  "Options: --port N, --db-port N, --providers-port N, --workers N, --dir DIR, --reset, --logs";

/** Turns the command's words into options. Errors: {@link StackError} with the options there are. */
export function parseStartArgs(words: string[]): StackOptions {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        port: { type: "string" },
        "db-port": { type: "string" },
        "providers-port": { type: "string" },
        workers: { type: "string" },
        dir: { type: "string" },
        reset: { type: "boolean" },
        logs: { type: "boolean" },
      },
    });
    const number = (name: "port" | "db-port" | "providers-port" | "workers", most: number) => {
      const text = values[name];
      if (text === undefined) return undefined;
      const value = Number(text);
      if (Number.isInteger(value) && value >= (name === "workers" ? 1 : 0) && value <= most) {
        return value;
      }
      throw new StackError(`Cannot use --${name} "${text}": it is no whole number up to ${most}`);
    };
    const api = number("port", 65535);
    const postgres = number("db-port", 65535);
    const providers = number("providers-port", 65535);
    const workers = number("workers", 64);
    return {
      ports: {
        ...(api === undefined ? {} : { api }),
        ...(postgres === undefined ? {} : { postgres }),
        ...(providers === undefined ? {} : { providers }),
      },
      ...(workers === undefined ? {} : { workers }),
      ...(values.dir === undefined ? {} : { dir: values.dir }),
      ...(values.logs === true ? { onLog: (line: string) => console.log(line) } : {}),
      reset: values.reset === true,
      watch: true,
    };
  } catch (cause) {
    if (cause instanceof StackError) throw cause;
    const message = cause instanceof Error ? cause.message.split(".")[0] : String(cause);
    throw new StackError(`${message}. ${USAGE}`);
  }
}

/** What a developer needs to know of a running stack. */
export function describeStack(stack: Stack): string {
  const rows = [
    ["API", stack.url],
    ["Publishable key", stack.keys.publishable],
    ["Secret key", stack.keys.secret],
    ["Database", stack.databaseUrl],
    ["Storage, public", `${stack.url}/storage/v1/object/public`],
    ...(stack.providers.url === "" ? [] : [["Simulated providers", stack.providers.url]]),
  ];
  return rows.map(([name = "", value]) => `  ${name.padEnd(20)} ${value}`).join("\n");
}

if (import.meta.main) {
  endWithLauncher();
  try {
    const stack = await startStack({
      ...parseStartArgs(Deno.args),
      say: (line) => console.log(line),
    });
    console.log(`\nReady in ${(stack.startedInMs / 1000).toFixed(1)} s\n${describeStack(stack)}\n`);
    console.log("Ctrl-C stops everything.");
    const asked = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      if (Deno.build.os !== "windows" || signal === "SIGINT") {
        Deno.addSignalListener(signal, () => asked.resolve());
      }
    }
    await asked.promise;
    console.log("\nStopping");
    await stack.stop();
    Deno.exit(0);
  } catch (cause) {
    if (!(cause instanceof StackError)) throw cause;
    console.error(cause.message);
    Deno.exit(1);
  }
}
