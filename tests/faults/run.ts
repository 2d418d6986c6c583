/**
 * `deno task faults [--rounds N] [--seed S] [--window W] [--only 3,17] [--json]`: breaks a stack of its own
 * in every way it knows while clients work, and checks that nothing was lost, paid twice or left hanging.
 *
 * Exit code 0: every invariant held; 1: one did not (the smallest failing sequence that could be found is
 * printed); 2: the arguments were wrong. Needs no key: providers are the simulators'.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runBench } from "./bench.ts";
import { describeRound, figuresOf, formatFigures } from "./report.ts";
import { createRounds, type Round } from "./round.ts";
import { shrinkRounds } from "./shrink.ts";

const PLAYERS = 3;

interface Arguments {
  readonly rounds: number;
  readonly seed: number;
  readonly window: number;
  /** Indexes of the rounds to play; null means all. */
  readonly only: readonly number[] | null;
  readonly json: boolean;
}

function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "60" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      window: { type: "string", default: "12" },
      only: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    rounds: readWhole("--rounds", values.rounds),
    seed: readWhole("--seed", values.seed),
    window: readWhole("--window", values.window),
    only: values.only?.split(",").map((text) => readWhole("--only", text)) ?? null,
    json: values.json,
  };
}

function readWhole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new TypeError(`${name} takes a whole number, not "${text}"`);
  }
  return number;
}

async function main(): Promise<number> {
  let given: Arguments;
  try {
    // deno task hands the "--" of "deno task faults -- --rounds 200" on.
    given = readArguments(Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const { seed, window, only, json } = given;
  const say = json ? () => {} : console.log;
  const rounds = createRounds(
    seed,
    Math.max(given.rounds, ...(only ?? []).map((at) => at + 1)),
    PLAYERS,
  )
    .filter(({ index }) => only === null || only.includes(index));
  const run = (some: readonly Round[]) =>
    runBench(some, {
      window,
      players: PLAYERS,
      onRound: ({ round, seconds, trouble }, done) =>
        say(
          `${String(done).padStart(4)}/${some.length} ${describeRound(round)} ${
            seconds.toFixed(1)
          } s${trouble === null ? "" : ` ${trouble}`}`,
        ),
    });
  const result = await run(rounds);
  const figures = figuresOf(seed, result);
  const { violations } = result;
  if (violations.length === 0) {
    say(formatFigures(figures));
    if (json) console.log(JSON.stringify({ ...figures, ok: true }));
    return 0;
  }
  say(formatFigures(figures));
  for (const { rule, round, detail } of violations) {
    say(`${rule} (round ${round ?? "?"}): ${detail}`);
  }
  say(`\nShrinking: seed ${seed}`);
  const guilty = new Set(violations.flatMap(({ round }) => round === null ? [] : [round]));
  const smallest = await shrinkRounds(rounds, {
    suspects: rounds.filter(({ index }) => guilty.has(index)),
    fails: async (some) => (await run(some)).violations.length > 0,
  });
  say("\nThe smallest failing sequence found:");
  for (const round of smallest) say(`${describeRound(round)}\n  ${JSON.stringify(round)}`);
  const again = `--seed ${seed} --only ${smallest.map(({ index }) => index).join(",")}`;
  say(`\nAgain: deno run -A tests/faults/run.ts ${again}`);
  if (json) {
    console.log(JSON.stringify({ ...figures, ok: false, found: violations, smallest, again }));
  }
  return 1;
}

if (import.meta.main) Deno.exit(await main());
