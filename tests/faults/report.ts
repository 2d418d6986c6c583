/**
 * What a run says at its end.
 *
 * @module
 */
import Table from "cli-table3";
import type { BenchResult } from "./bench.ts";
import type { Rule } from "./invariants.ts";
import type { Round } from "./round.ts";

/** The figures of a run, as `--json` prints them. */
export interface BenchFigures {
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly operations: Record<string, number>;
  readonly faults: Record<string, number>;
  /** Blows that landed, by kind and step. */
  readonly blows: Record<string, number>;
  /** Blows whose moment never came. */
  readonly missed_blows: number;
  /** Processes sent SIGKILL, the database included. */
  readonly kills: number;
  /** Requests of clients, those that were lost included. */
  readonly tries: number;
  readonly jobs: number;
  readonly ends: Record<string, number>;
  /** Why jobs failed. */
  readonly codes: Record<string, number>;
  readonly creates: number;
  readonly charges: number;
  readonly refunds: number;
  readonly violations: Partial<Record<Rule, number>>;
  /** Seconds from click to end: median, and the slowest twentieth. */
  readonly round_seconds: { readonly p50: number; readonly p95: number };
}

/** Counts. */
export function figuresOf(seed: number, result: BenchResult): BenchFigures {
  const { rounds, jobs } = result;
  const dealt = rounds.filter(({ blow }) => blow?.landed === true);
  const seconds = rounds.map((played) => played.seconds).sort((a, b) => a - b);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  return {
    seed,
    rounds: rounds.length,
    seconds: Math.round(result.seconds),
    operations: count(rounds.map(({ round }) => round.operation)),
    faults: count(
      rounds.flatMap(({ round }) => round.fault === null ? [] : [describeFault(round)]),
    ),
    blows: count(dealt.map(({ round }) => describeBlow(round))),
    missed_blows: rounds.filter(({ blow }) => blow?.landed === false).length,
    kills: sum(rounds.map(({ blow }) => blow?.kills ?? 0)),
    tries: sum(rounds.map(({ tries }) => tries)),
    jobs: jobs.length,
    ends: count(jobs.map(({ state }) => state)),
    codes: count(jobs.flatMap(({ error }) => error === null ? [] : [String(error.code)])),
    creates: result.creates,
    charges: sum(jobs.map(({ charges }) => charges)),
    refunds: sum(jobs.map(({ refunds }) => refunds)),
    violations: count(result.violations.map(({ rule }) => rule)),
    round_seconds: { p50: share(seconds, 0.5), p95: share(seconds, 0.95) },
  };
}

function share(sorted: readonly number[], part: number): number {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * part));
  return Math.round((sorted[at] ?? 0) * 10) / 10;
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function describeFault({ fault }: Round): string {
  const on = fault?.operation === undefined ? "" : ` on ${fault.operation}`;
  return `${fault?.provider}: ${fault?.kind}${on}`;
}

function describeBlow({ blow }: Round): string {
  switch (blow?.kind) {
    case "kill":
      return `SIGKILL ${blow.step.replaceAll("_", " ")}`;
    case "pause":
      return `SIGSTOP past the lease, ${blow.step.replaceAll("_", " ")}`;
    case "kill_all":
      return "SIGKILL of all workers";
    case "crash_database":
      return "SIGKILL of PostgreSQL";
    default:
      return "none";
  }
}

/** One line that says what a round does. */
export function describeRound(round: Round): string {
  const parts = [
    `#${round.index} ${round.operation}`,
    ...(round.operation.startsWith("generate") ? [] : [`(${round.work})`]),
    ...(round.copies > 1 ? [`×${round.copies}`] : []),
    ...(round.fault === null ? [] : [`| ${describeFault(round)} ×${round.fault.times ?? "∞"}`]),
    ...(round.blow === null ? [] : [`| ${describeBlow(round)}`]),
  ];
  return parts.join(" ");
}

/** The table. */
export function formatFigures(figures: BenchFigures): string {
  const table = new Table({ style: { head: [], border: [] }, wordWrap: true });
  const list = (counts: Record<string, number>) =>
    Object.entries(counts).map(([name, of]) => `${name}: ${of}`).join("\n") || "none";
  const { violations } = figures;
  const bad = (...rules: Rule[]) => rules.reduce((sum, rule) => sum + (violations[rule] ?? 0), 0);
  table.push(
    ["rounds", `${figures.rounds} (seed ${figures.seed})`],
    ["operations", list(figures.operations)],
    ["provider faults", list(figures.faults)],
    ["process faults", list(figures.blows)],
    ["whose moment never came", figures.missed_blows],
    ["processes killed", figures.kills],
    ["client requests", figures.tries],
    ["jobs", `${figures.jobs}\n${list(figures.ends)}`],
    ["reasons", list(figures.codes)],
    ["provider creates", figures.creates],
    ["charges", figures.charges],
    ["refunds", figures.refunds],
    ["seconds a round, p50 / p95", `${figures.round_seconds.p50} / ${figures.round_seconds.p95}`],
    ["seconds", figures.seconds],
    ["double creates", bad("double create", "bypassed the door")],
    ["lost or double charges, refunds", bad("charge", "refund", "charged twice for a key")],
    ["balances off", bad("balance")],
    ["stuck or past the deadline", bad("stuck", "past deadline", "unplayed")],
    ["settled twice", bad("settled twice")],
    ["assets and files not as told", bad("asset", "file", "wrong end")],
    ["replays that differ", bad("replay differs")],
    ["forged webhooks believed", bad("forged webhook")],
  );
  return table.toString();
}
