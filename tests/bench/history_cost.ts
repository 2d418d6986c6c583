/**
 * Promise 13: what a tick and a job cost follows what is due, never what has been.
 *
 * @module
 */
import { addNarrations, addTenants, claimJobs, settleJob } from "./engine.ts";
import { type Figure, figureOf, formatFigure, formatNumber, ratioOf } from "./figures.ts";
import { writeHistory } from "./history.ts";
import type { Copy, Lab } from "./lab.ts";
import type { Report } from "./report.ts";
import { interleave, type Subject, timed } from "./subject.ts";

const FINISHED_JOBS = 1_000_000;
const ATTEMPTS = 100_000;
const WAITING_JOBS = 10_000;

const TICK_ROUNDS = 20;
const JOB_ROUNDS = 14;
const BATCH_ROUNDS = 5;

const TICKS_A_ROUND = 200;
const JOBS_A_ROUND = 100;
const BATCHES = [1, 10, 50];

/** ±20 %, as promised. */
const MOST = 1.2;

interface Contestant {
  readonly copy: Copy;
  readonly tenants: readonly string[];
}

/** The subject. */
export const historyCost: Subject = {
  name: "history",
  title: "Cost of a tick and of a job, without and with 1,000,000 finished jobs",
  needs: "server",
  async run(lab) {
    const sides = {
      none: await prepare(lab, "none", { finishedJobs: 0, attempts: 0, waitingJobs: 0 }),
      million: await prepare(lab, "million", {
        finishedJobs: FINISHED_JOBS,
        attempts: ATTEMPTS,
        waitingJobs: WAITING_JOBS,
      }),
    };
    const rows: string[][] = [];
    const figures: Record<string, { none: Figure; million: Figure; ratio: Figure }> = {};
    const measure = async (
      label: string,
      { rounds, unit }: { rounds: number; unit: string },
      run: (side: Contestant) => Promise<number>,
    ) => {
      const { none, million } = await interleave(rounds, {
        none: () => run(sides.none),
        million: () => run(sides.million),
      });
      const ratio = ratioOf(million, none);
      figures[label] = { none: figureOf(none), million: figureOf(million), ratio };
      rows.push([
        label,
        formatFigure(figureOf(none), unit),
        formatFigure(figureOf(million), unit),
        formatFigure(ratio),
      ]);
      return ratio.median;
    };

    const tick = await measure(
      "empty tick: claim_jobs",
      { rounds: TICK_ROUNDS, unit: "ms" },
      tickMs,
    );
    const sweep = await measure(
      "empty tick: expire_jobs",
      { rounds: TICK_ROUNDS, unit: "ms" },
      sweepMs,
    );
    const job = await measure("claim + settle, one job", { rounds: JOB_ROUNDS, unit: "ms" }, jobMs);
    for (const batch of BATCHES) {
      await measure(
        `claim ${batch}, settle each: jobs/s`,
        { rounds: BATCH_ROUNDS, unit: "" },
        (side) => jobsPerSecond(side, batch),
      );
    }
    return {
      columns: ["", "no history", "with history", "with / without"],
      rows,
      note:
        `History: ${formatNumber(FINISHED_JOBS)} finished jobs, ${
          formatNumber(ATTEMPTS)
        } submits older than every rate window, ${
          formatNumber(WAITING_JOBS)
        } jobs that wait for their time. ` +
        "Median (min–max) of interleaved rounds on one server, settled over ten sessions.",
      checks: [
        {
          promise: `13: an empty tick with history costs ≤ ${MOST} × without`,
          value: tick,
          atMost: MOST,
        },
        {
          promise: `13: an empty sweep of deadlines with history costs ≤ ${MOST} × without`,
          value: sweep,
          atMost: MOST,
        },
        {
          promise: `13: claim + settle with history costs ≤ ${MOST} × without`,
          value: job,
          atMost: MOST,
        },
      ],
      figures,
    } satisfies Report;
  },
};

async function prepare(
  lab: Lab,
  name: string,
  history: Parameters<typeof writeHistory>[1],
): Promise<Contestant> {
  const copy = await lab.copy(name);
  await writeHistory(copy.owner, history);
  const tenants = await addTenants(copy.owner, 20);
  const side = { copy, tenants };
  // Plans are made and caches filled before anything counts.
  await tickMs(side);
  await jobsPerSecond(side, 10);
  return side;
}

/** One claim that finds nothing, by the mean of many in one statement: no round trip dilutes the difference. */
function tickMs(side: Contestant): Promise<number> {
  return meanMs(side, "public.claim_jobs(6)");
}

/** One sweep that finds nothing past its deadline. */
function sweepMs(side: Contestant): Promise<number> {
  return meanMs(side, "public.expire_jobs()");
}

async function meanMs({ copy }: Contestant, call: string): Promise<number> {
  const ms = await timed(() =>
    copy.service.unsafe(
      `do $$ begin for tick in 1..${TICKS_A_ROUND} loop perform from ${call}; end loop; end $$`,
    )
  );
  return ms / TICKS_A_ROUND;
}

/** One job claimed and settled by one worker, each in its own transaction: the mean of many. */
async function jobMs({ copy, tenants }: Contestant): Promise<number> {
  await addNarrations(copy.owner, tenants, JOBS_A_ROUND);
  const ms = await timed(async () => {
    for (let done = 0; done < JOBS_A_ROUND; done++) {
      const [job] = await claimJobs(copy.service, 1);
      if (job === undefined) throw new Error("Cannot measure: nothing was due");
      await settleJob(copy.service, job);
    }
  });
  await forget(copy);
  return ms / JOBS_A_ROUND;
}

async function jobsPerSecond({ copy, tenants }: Contestant, batch: number): Promise<number> {
  const count = batch === 1 ? JOBS_A_ROUND : 2 * JOBS_A_ROUND;
  await addNarrations(copy.owner, tenants, count);
  let done = 0;
  const ms = await timed(async () => {
    while (done < count) {
      const jobs = await claimJobs(copy.service, batch);
      if (jobs.length === 0) throw new Error("Cannot measure: nothing was due");
      await Promise.all(jobs.map((job) => settleJob(copy.service, job)));
      done += jobs.length;
    }
  });
  await forget(copy);
  return count / (ms / 1000);
}

/** Removes what a round left, so that the side without history stays without. */
async function forget({ owner }: Copy): Promise<void> {
  await owner`
    delete from public.jobs where kind = 'audio' and finished_at > now() - interval '10 minutes'
      and state = 'succeeded'`;
  await owner`vacuum public.jobs, public.audio_clips`;
}
