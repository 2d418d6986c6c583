import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import { type Studio, withStudio } from "../database.ts";
import {
  cancel,
  claim,
  createJobs,
  expire,
  fail,
  type JobRow,
  release,
  succeed,
} from "../engine.ts";
import { clipItem, type Item } from "../items.ts";
import { backdate, ledgerOf } from "../looks.ts";

/** What may happen to a user's money, in any order and any number of times. */
type Step =
  | { readonly do: "spend"; readonly count: number; readonly key: number | null }
  | { readonly do: "grant"; readonly amount: number }
  | { readonly do: "claim" | "succeed" | "fail" | "retry-run" | "cancel" | "expire" | "crash" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("spend" as const),
      count: fc.integer({ min: 1, max: 3 }),
      key: fc.option(fc.integer({ min: 1, max: 4 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("grant" as const),
      amount: fc.integer({ min: -20, max: 40 }).filter((amount) => amount !== 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "claim" as const,
        "succeed" as const,
        "fail" as const,
        "retry-run" as const,
        "cancel" as const,
        "expire" as const,
        "crash" as const,
      ),
    }),
  },
);

const SEQUENCES = 2000;
const LANES = 5;

/** Refusals that belong to the game: too little credit, or a key that means another count. */
const EXPECTED = new Set(["PT402", "PT422"]);

async function play(
  studio: Studio,
  { userId, item }: { userId: string; item: Item },
  steps: Step[],
) {
  const { owner, service } = studio;
  const held: JobRow[] = [];
  for (const each of steps) {
    try {
      await take(each);
    } catch (error) {
      if (!(error instanceof postgres.PostgresError && EXPECTED.has(error.code))) throw error;
    }
    const { balance, sum } = await ledgerOf(owner, userId);
    assert.equal(balance, sum);
    assert.ok(balance >= 0);
  }

  async function take(each: Step): Promise<unknown> {
    const job = held[0];
    switch (each.do) {
      case "spend":
        return await createJobs(service, {
          userId,
          items: Array.from({ length: each.count }, () => item),
          fingerprint: String(each.count),
          ...(each.key === null ? {} : { key: `key-number-${userId}-${each.key}`.slice(0, 255) }),
        });
      case "grant":
        return await service`select public.grant_credits(${userId}, ${each.amount}, 'test')`;
      case "claim":
        return held.push(...await claim(service));
      case "succeed":
        return job && await succeed(service, job);
      case "fail":
        return job && await fail(service, job);
      case "retry-run":
        return job &&
          await release(service, job, {
            state: "queued",
            delaySec: 0,
            failure: { code: "PROVIDER_FAILED", message: "It failed" },
          });
      case "cancel":
        return job && await cancel(service, job.user_id, job.id);
      case "expire":
        if (job !== undefined) await backdate(owner, job.id, "deadline_at");
        return await expire(service);
      case "crash":
        // The worker is gone without a word: its lease runs out, and its late writes must not count.
        if (job !== undefined) await backdate(owner, job.id, "run_at");
        return held.push(...held.splice(0, 1));
    }
  }
}

/** For other lanes' sweeps to let go of this one's jobs, on a machine that is busy with other tests. */
const SETTLING_MS = 30_000;

Deno.test("promise 5: the balance equals the sum of the entries and is never negative after any sequence of spends, ends and crashes", () =>
  withStudio(async (studio) => {
    const { owner, service, user, project, model } = studio;
    const modelId = await model({ price: 3 });
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      async (steps) => {
        const userId = await user(20);
        await play(studio, { userId, item: clipItem(await project(userId), modelId) }, steps);
        // In the end every job ends, and what was not delivered has been given back.
        await owner`
          update public.jobs set deadline_at = now() where user_id = ${userId} and finished_at is null`;
        for (const until = Date.now() + SETTLING_MS;;) {
          await expire(service);
          const [end] = await owner<{ unfinished: number; kept: number }[]>`
            select (count(*) filter (where j.finished_at is null))::int as unfinished,
              (coalesce(sum(j.credits) filter (where j.state = 'succeeded'), 0) + coalesce((
                select sum(e.amount) from public.credit_entries as e
                where e.user_id = ${userId} and e.kind in ('charge', 'refund')), 0))::int as kept
            from public.jobs as j where j.user_id = ${userId}`;
          // Another lane's sweep may be at it: that one's jobs are skipped by ours.
          if (end?.unfinished !== 0 && Date.now() < until) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            continue;
          }
          assert.deepEqual({ ...end }, { unfinished: 0, kept: 0 });
          break;
        }
      },
    );
    // Side by side, because they share the queue: one's worker ends the other's jobs too.
    const lanes = await Promise.allSettled(
      Array.from({ length: LANES }, () => fc.assert(property, { numRuns: SEQUENCES / LANES })),
    );
    // All have ended before their rows are removed, or the removal's failure would hide theirs.
    for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  }, { sessions: LANES }));
