import assert from "node:assert/strict";
import { FILE_FAULTS } from "../../supabase/local/providers/fault_kinds.ts";
import { type BenchResult, runBench } from "./bench.ts";
import { knock } from "./hurry.ts";
import type { Round } from "./round.ts";
import { assertEnds, assertSound, jobsOfRound, roundsOf, type Scenario } from "./scenario.ts";

const RENDERS = ["image", "video"] as const;
const PROVIDER = { image: "fal", video: "kie" } as const;

/** One fault of the work, for a picture and for a clip. */
function both(kind: string, more: Partial<Scenario> = {}): Scenario[] {
  return RENDERS.map((work) => ({
    work,
    fault: { provider: PROVIDER[work], kind, times: 1, delayMs: 1_500 },
    ...more,
  }));
}

const LOST = ["drop", "garbage", "http_500", "wrong_shape"];
const LOST_AFTER_ACCEPT = LOST.map((kind) => `${kind}_after_accept`);
const WEBHOOKS = ["no_webhook", "duplicate_webhook", "late_webhook", "early_webhook"];

const SCENARIOS: readonly Scenario[] = [
  ...[...LOST, ...LOST_AFTER_ACCEPT, ...FILE_FAULTS, ...WEBHOOKS].flatMap((kind) => both(kind)),
  ...both("endless", { expireAfterMs: 2_000 }),
  ...["empty_file", "truncated_file"].map((kind): Scenario => ({
    work: "audio",
    fault: { provider: "google_tts", operation: "synthesize", kind },
  })),
];

/** An attempt that nobody heard of, by its round's word. */
interface Orphan {
  readonly word: string;
  readonly state: string;
}

/** What is only to be seen while the stack is up. */
interface Seen {
  orphans: readonly Orphan[];
  /** How often fal was told to stop. */
  cancels: number;
}

/** Played once, side by side; each test looks at its own part. */
let played: Promise<BenchResult & Seen> | undefined;

function playAll(): Promise<BenchResult & Seen> {
  return played ??= playScenarios();
}

async function playScenarios(): Promise<BenchResult & Seen> {
  const seen: Seen = { orphans: [], cancels: 0 };
  let storm: ReturnType<typeof setInterval> | undefined;
  const result = await runBench(roundsOf(SCENARIOS), {
    players: 1,
    window: 12,
    cron: false,
    prepare: (faults) => {
      // Polls and sweeps all the time, so that every order with the webhooks comes up.
      storm = setInterval(() => void knock(faults), 400);
    },
    inspect: async (faults) => {
      clearInterval(storm);
      seen.orphans = await faults.sql<Orphan[]>`
        select t.state, substring(j.payload::text from 'zq[0-9a-z]{8}') as word
        from public.job_attempts as t join public.jobs as j on j.id = t.job_id
        where j.state = 'failed'`;
      seen.cancels = (await faults.calls("fal", "cancel")).length;
    },
  });
  return { ...result, ...seen };
}

const isOf = (kinds: readonly string[]) => ({ fault, work }: Round) =>
  work !== "audio" && kinds.includes(fault?.kind ?? "");

Deno.test("promise 7: a create whose answer is lost is sent once, and completed by its webhook", async () => {
  const result = await playAll();
  assertEnds(result, isOf(LOST_AFTER_ACCEPT), { state: "succeeded" });
});

Deno.test("promise 7: a create that was never answered nor called back ends as SUBMIT_OUTCOME_UNKNOWN, is refunded and marked", async () => {
  const result = await playAll();
  assertEnds(result, isOf(LOST), { state: "failed", code: "SUBMIT_OUTCOME_UNKNOWN" });
  for (const one of result.rounds.filter(({ round }) => isOf(LOST)(round))) {
    const [job] = jobsOfRound(result, one);
    assert.equal(job?.refunded, job?.credits);
    assert.deepEqual(
      result.orphans.filter(({ word }) => word === one.round.word).map(({ state }) => state),
      ["orphaned"],
      "marked as possibly taken, and sent once",
    );
  }
});

Deno.test("promise 9: work without end ends at its deadline", async () => {
  const result = await playAll();
  assertEnds(result, isOf(["endless"]), { state: "failed", code: "DEADLINE_EXCEEDED" });
});

Deno.test("promise 10: an empty, truncated, cut, wrong or expired file is a failure with a reason, and refunded", async () => {
  const result = await playAll();
  const isRenewed = ({ fault, work }: Round) => fault?.kind === "expired_url" && work === "video";
  assertEnds(result, (round) => isOf(FILE_FAULTS)(round) && !isRenewed(round), {
    state: "failed",
    code: "RESULT_INVALID",
  });
  // KIE gives a new URL for a file of its own; fal gives the same one again.
  assertEnds(result, isRenewed, { state: "succeeded" });
  assertEnds(result, ({ work }) => work === "audio", { state: "failed" });
  for (const one of result.rounds.filter(({ round }) => round.work === "audio")) {
    const [job] = jobsOfRound(result, one);
    assert.match(String(job?.error?.code), /^(PROVIDER_BAD_RESPONSE|RESULT_INVALID)$/);
  }
});

Deno.test("promise 11: webhooks that are missing, early, late or thrice, among polls and sweeps: one result", async () => {
  const result = await playAll();
  assertEnds(result, isOf(WEBHOOKS), { state: "succeeded" });
});

Deno.test("a callback that is quicker than the create's answer costs no lease and calls nothing off", async () => {
  const result = await playAll();
  const early = result.rounds.filter(({ round }) => isOf(["early_webhook"])(round));
  for (const { seconds, round } of early) {
    assert.ok(seconds < 15, `${round.work}: ready after ${seconds} s`);
  }
  assert.equal(result.cancels, 0, "fal was never told to stop");
});

Deno.test("promises 1, 4, 5, 6, 9, 11: every invariant holds for all of these", async () => {
  assertSound(await playAll());
});
