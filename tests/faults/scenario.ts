/**
 * Rounds written by hand, and what became of them: for tests of one promise.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { BenchResult } from "./bench.ts";
import type { CheckedJob } from "./invariants.ts";
import type { PlayedRound } from "./play.ts";
import { describeRound } from "./report.ts";
import type { Round } from "./round.ts";

/** What a scenario says; the rest is as plain as can be. */
export type Scenario =
  & Pick<Round, "work">
  & Partial<Omit<Round, "index" | "word" | "player">>;

const OPERATIONS = {
  image: "generate-image",
  video: "generate-video",
  audio: "generate-audio",
  script: "generate-script",
  film: "stitch-video",
} as const;

/** Makes rounds of one player, numbered in their order. */
export function roundsOf(scenarios: readonly Scenario[]): Round[] {
  return scenarios.map((scenario, index) => ({
    index,
    word: `zq${crypto.randomUUID().slice(0, 8)}`,
    player: 0,
    operation: OPERATIONS[scenario.work],
    fault: null,
    blow: null,
    copies: 1,
    cancelAfterMs: 0,
    expireAfterMs: null,
    ...scenario,
  }));
}

/** The jobs of a round, in the order they were made. */
export function jobsOfRound(result: BenchResult, { clicks }: PlayedRound): CheckedJob[] {
  return result.jobs.filter(({ idempotency_key }) =>
    clicks.some(({ key }) => key === idempotency_key)
  );
}

/** Fails, with each finding in a line, when an invariant did not hold. */
export function assertSound(result: BenchResult): void {
  const lines = result.violations.map(({ rule, round, detail }) => {
    const played = result.rounds.find((one) => one.round.index === round);
    const about = played === undefined ? "" : ` [${describeRound(played.round)}]`;
    return `${rule}${about}: ${detail}`;
  });
  assert.deepEqual(lines, []);
}

/** Fails unless each of these rounds ended with one job in a state, and with a code if one is given. */
export function assertEnds(
  result: BenchResult,
  which: (round: Round) => boolean,
  { state, code }: { readonly state: string; readonly code?: string },
): void {
  const played = result.rounds.filter(({ round }) => which(round));
  assert.ok(played.length > 0, "there is such a round");
  for (const one of played) {
    const ends = jobsOfRound(result, one).map((job) => ({
      state: job.state,
      ...(code === undefined ? {} : { code: job.error?.code }),
    }));
    const wanted = [{ state, ...(code === undefined ? {} : { code }) }];
    assert.deepEqual(ends, wanted, describeRound(one.round));
  }
}
