/**
 * Promise 12: a tenant with a long queue makes nobody else wait.
 *
 * @module
 */
import { addClips, addTenants, claimJobs, type Held, settleJob, submitJob } from "./engine.ts";
import { figureOf, formatFigure, formatNumber, jainIndex } from "./figures.ts";
import type { Copy, Lab } from "./lab.ts";
import type { Report } from "./report.ts";
import type { Subject } from "./subject.ts";

/** What the simulated provider renders at once, and for how long each. */
const SLOTS = 8;
const RENDER_MS = 40;

const QUEUED = 500;
const ROUNDS = 10;
const SMALL_TENANTS = 8;
const MODEL = { modelId: "bench-video", provider: "bench" };

/** The subject. */
export const fairness: Subject = {
  name: "fairness",
  title: "One clip beside a tenant with 500 queued",
  needs: "server",
  async run(lab) {
    const copy = await prepare(lab);
    const alone: Wait[] = [];
    const crowded: Wait[] = [];
    const [crowd = "", ...others] = await addTenants(copy.owner, 1 + 2 * ROUNDS);
    for (const [at, tenant] of others.entries()) {
      // In turn: alone, then beside the crowd.
      if (at % 2 === 0) alone.push(await waitOf(copy, { tenant, crowd: null }));
      else crowded.push(await waitOf(copy, { tenant, crowd }));
    }
    const last = await waitOf(copy, { tenant: crowd, crowd });
    const shares = await shareOf(copy);

    const ms = (waits: readonly Wait[]) => figureOf(waits.map((wait) => wait.ms));
    const before = (waits: readonly Wait[]) => figureOf(waits.map((wait) => wait.before));
    return {
      columns: ["", "starts before it", "wait until claimed"],
      rows: [
        ["alone", formatFigure(before(alone)), formatFigure(ms(alone), "ms")],
        [
          `beside ${QUEUED} queued of one tenant`,
          formatFigure(before(crowded)),
          formatFigure(ms(crowded), "ms"),
        ],
        [
          `as the last of those ${QUEUED} (what first come, first served gives)`,
          formatNumber(last.before),
          `${formatNumber(last.ms)} ms`,
        ],
        [
          `Jain index, 1 tenant × 1,000 and ${SMALL_TENANTS} × 10, while all have some queued`,
          shares.fair.toFixed(3),
          `(first come, first served: ${shares.firstCome.toFixed(3)})`,
        ],
      ],
      note:
        `A provider with ${SLOTS} slots that renders for ${RENDER_MS} ms, all slots in use when the ` +
        "clip is asked for; claim, submit and settlement are the engine's own. Median (min–max).",
      checks: [
        {
          promise:
            `12: at most one round of slots (${SLOTS}) starts before another tenant's first clip`,
          value: before(crowded).max,
          atMost: SLOTS,
        },
        { promise: "12: unevenness (1 − Jain index) ≤ 0.05", value: 1 - shares.fair, atMost: 0.05 },
      ],
      figures: {
        alone: ms(alone),
        crowded: { ms: ms(crowded), before: before(crowded) },
        last,
        shares,
      },
    } satisfies Report;
  },
};

async function prepare(lab: Lab): Promise<Copy> {
  const copy = await lab.copy("fairness");
  await copy.owner`
    insert into public.provider_limits (provider, slots, creates, window_sec)
    values (${MODEL.provider}, ${SLOTS}, 1000000, 10)`;
  await copy.owner`
    insert into public.models (id, kind, provider, endpoint, title, price, unit, typical_sec)
    values (${MODEL.modelId}, 'video', ${MODEL.provider}, 'bench/video', 'Bench', 1, 'second', 1)`;
  return copy;
}

interface Wait {
  /** Jobs of others that were begun between the asking and the begin. */
  readonly before: number;
  readonly ms: number;
}

/** How long a tenant's one clip waits; the crowd's queue is filled up and under way first. */
async function waitOf(
  copy: Copy,
  { tenant, crowd }: { tenant: string; crowd: string | null },
): Promise<Wait> {
  if (crowd !== null) await addClips(copy.owner, crowd, { ...MODEL, count: QUEUED });
  const known = new Set(await unfinished(copy));
  let claims = 0;
  let asked: { readonly ms: number; readonly claims: number } | undefined;
  let wait: Wait | undefined;
  const ask = async () => {
    asked = { ms: performance.now(), claims: 0 };
    await addClips(copy.owner, tenant, { ...MODEL, count: 1 });
    asked = { ms: performance.now(), claims };
  };
  // Between two renders' ends, as a request comes: at no particular moment.
  const asking = crowd === null ? ask() : delay(RENDER_MS * (3 + Math.random())).then(ask);
  await work(copy, {
    onClaim: (job) => {
      if (asked !== undefined && !known.has(job.id)) {
        wait ??= { before: claims - asked.claims, ms: performance.now() - asked.ms };
      }
      claims += 1;
    },
    isDone: () => wait !== undefined,
  });
  await asking;
  await copy.owner`delete from public.jobs`;
  if (wait === undefined) throw new Error("Cannot measure: the clip was never claimed");
  return { before: Math.max(0, wait.before), ms: Math.max(0, wait.ms) };
}

async function unfinished({ owner }: Copy): Promise<string[]> {
  const rows = await owner<{ id: string }[]>`select id from public.jobs where finished_at is null`;
  return rows.map((row) => row.id);
}

/** How the first starts are shared between one tenant with very many jobs and some with few. */
async function shareOf(copy: Copy): Promise<{ fair: number; firstCome: number }> {
  const tenants = await addTenants(copy.owner, 1 + SMALL_TENANTS);
  for (const [at, tenant] of tenants.entries()) {
    await addClips(copy.owner, tenant, { ...MODEL, count: at === 0 ? 1000 : 10 });
  }
  const starts: string[] = [];
  // Eight each: nobody has run out yet.
  const counted = 8 * tenants.length;
  await work(copy, {
    onClaim: (job) => starts.push(job.user_id),
    isDone: () => starts.length >= counted,
  });
  const inOrder = await copy.owner<{ user_id: string }[]>`
    select user_id from public.jobs order by created_at, id limit ${counted}`;
  const index = (owners: readonly string[]) =>
    jainIndex(tenants.map((tenant) => owners.filter((owner) => owner === tenant).length));
  return {
    fair: index(starts.slice(0, counted)),
    firstCome: index(inOrder.map((row) => row.user_id)),
  };
}

/** Claims, submits and settles until it is told to stop; renders under way are then let end. */
async function work(
  { service }: Copy,
  { onClaim, isDone }: { onClaim: (job: Held) => void; isDone: () => boolean },
): Promise<void> {
  const rendering = new Set<Promise<void>>();
  while (!isDone()) {
    const jobs = await claimJobs(service, SLOTS - rendering.size);
    for (const job of jobs) {
      onClaim(job);
      if (!await submitJob(service, job)) throw new Error("Cannot submit: the slots are used up");
      const done: Promise<void> = delay(RENDER_MS).then(() => settleJob(service, job)).finally(() =>
        rendering.delete(done)
      );
      rendering.add(done);
    }
    if (rendering.size >= SLOTS) await Promise.race(rendering);
    else if (jobs.length === 0) await delay(1);
  }
  await Promise.all(rendering);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
