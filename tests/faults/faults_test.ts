import assert from "node:assert/strict";
import { runBench } from "./bench.ts";
import { describeRound, figuresOf } from "./report.ts";
import { createRounds } from "./round.ts";
import { assertSound } from "./scenario.ts";
import { shrinkRounds } from "./shrink.ts";

/** Chosen for having every kind of blow and operation in few rounds. */
const SEED = 11;
const ROUNDS = 20;

Deno.test("promises 1, 4, 5, 6, 9, 11: twenty rounds of faults and kills lose nothing and pay nothing twice", async () => {
  const result = await runBench(createRounds(SEED, ROUNDS, 2), { players: 2, window: 10 });
  assertSound(result);
  const figures = figuresOf(SEED, result);
  assert.equal(result.rounds.length, ROUNDS);
  assert.ok(figures.kills >= 5, `${figures.kills} kills`);
  assert.equal(figures.charges, figures.jobs);
  assert.equal(figures.refunds, (figures.ends["failed"] ?? 0) + (figures.ends["cancelled"] ?? 0));
});

Deno.test("createRounds() gives the same rounds for the same seed, however many", () => {
  const [few, many] = [createRounds(5, 10, 3), createRounds(5, 200, 3)];
  assert.deepEqual(few, many.slice(0, 10));
  assert.notDeepEqual(few, createRounds(6, 10, 3));
  assert.equal(new Set(many.map(({ word }) => word)).size, 200);
  assert.ok(many.every(({ word }) => /^zq[0-9a-z]{8}$/.test(word)));
  assert.ok(many.every((round) => describeRound(round).includes(round.operation)));
});

Deno.test("shrinkRounds() finds the two rounds that only fail together", async () => {
  const rounds = Array.from({ length: 64 }, (_, at) => at);
  let runs = 0;
  const smallest = await shrinkRounds(rounds, {
    suspects: [],
    fails: (some) => {
      runs += 1;
      return Promise.resolve(some.includes(13) && some.includes(57));
    },
    maxRuns: 100,
  });
  assert.deepEqual(smallest, [13, 57]);
  assert.ok(runs < 100);
});

Deno.test("shrinkRounds() believes the suspects only when they fail alone", async () => {
  const fails = (some: readonly number[]) => Promise.resolve(some.includes(3));
  const rounds = [1, 2, 3, 4];
  assert.deepEqual(await shrinkRounds(rounds, { suspects: [3], fails }), [3]);
  assert.deepEqual(await shrinkRounds(rounds, { suspects: [1], fails }), [3]);
});

Deno.test("shrinkRounds() gives the whole list when nothing fails again", async () => {
  const rounds = [1, 2, 3, 4];
  const fails = () => Promise.resolve(false);
  assert.deepEqual(await shrinkRounds(rounds, { suspects: [2], fails }), rounds);
});
