/**
 * What is measured: on a server of its own, or on the whole stack.
 *
 * @module
 */
import type { Lab } from "./lab.ts";
import type { Report } from "./report.ts";
import type { Studio } from "./studio.ts";

/** One thing to measure. */
export type Subject =
  & {
    /** For `--only`. */
    readonly name: string;
    /** The table's title. */
    readonly title: string;
  }
  & (
    | { readonly needs: "server"; run(lab: Lab): Promise<Report> }
    | { readonly needs: "stack"; run(studio: Studio): Promise<Report> }
  );

/** Measures in rounds, one of each contestant a round, so that a slow moment of the machine meets all. */
export async function interleave<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(contestants) as Name[];
  const values = {} as Record<Name, number[]>;
  for (const name of names) values[name] = [];
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first finds other caches: take turns.
    const turn = round % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      values[name].push(await contestants[name]());
    }
  }
  return values;
}

/** Runs and gives the milliseconds it took. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
