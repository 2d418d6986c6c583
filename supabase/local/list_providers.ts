/**
 * `deno task providers`: which providers this machine has, where, with which models, and how they have been.
 * With `--live` it also makes the cheapest real call of each that is real, and compares the answer with what we
 * believe about it. Reads `.env`, and the running stack in `--dir` (`.local` unless given) if there is one.
 *
 * Exit codes: 0; 1 when an answer of `--live` differs; 2 when the command line or SIMULATE is wrong.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createLog } from "../functions/_shared/log.ts";
import { PROJECT_DIR } from "./child.ts";
import { readEnvFile } from "./env_file.ts";
import { gatherFacts } from "./overview/facts.ts";
import { formatFacts, formatProbes } from "./overview/print.ts";
import { probeProvider, type ProbeResult } from "./overview/probes.ts";
import { StackError } from "./say.ts";
import { readSimulate } from "./simulated.ts";
import { readStackState } from "./state.ts";

/** Prints the overview and gives the exit code. */
async function main(words: string[]): Promise<number> {
  const { live, dir } = readWords(words);
  const file = await readEnvFile(join(PROJECT_DIR, ".env"));
  const facts = await gatherFacts({
    file,
    simulate: readSimulate(file),
    stack: await readStackState(resolve(dir)),
  });
  console.log(formatFacts(facts));
  if (!live) return 0;
  const real = facts.filter(({ state }) => state === "real");
  const results = await Promise.all(
    real.map(async ({ name, models }): Promise<[string, ProbeResult]> => [
      name,
      await probeProvider(name, {
        env: (variable) => file[variable],
        log: createLog({}, () => {}),
        endpoints: models.map(({ endpoint }) => endpoint),
      }),
    ]),
  );
  console.log(`\n${formatProbes(results)}`);
  return results.every(([, { ok }]) => ok) ? 0 : 1;
}

function readWords(words: string[]): { readonly live: boolean; readonly dir: string } {
  try {
    const { values: { live = false, dir = join(PROJECT_DIR, ".local") } } = parseArgs({
      args: words,
      options: { live: { type: "boolean" }, dir: { type: "string" } },
    });
    return { live, dir };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split(".")[0] : String(cause);
    throw new StackError(`${message}. Options: --live, --dir DIR`);
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
