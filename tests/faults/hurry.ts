/**
 * Makes waiting short: what is due in a minute is due now. Only waits are cut: leases of running jobs run
 * out by themselves, and nothing is decided here.
 *
 * @module
 */
import type { FaultStack } from "./fault_stack.ts";
import { pause } from "./until.ts";

/** How often. The stack's own cron ticks every 10 s besides. */
const TICK_MS = 1_000;

/**
 * An answer that was lost is waited for until the deadline, which is an hour away. Every webhook of a
 * round is there within this, so afterwards the deadline may come.
 */
const UNKNOWN_SECONDS = 8;

/** Hurries until stopped. A stack without cron has its deadlines swept too. */
export function startHurry(faults: FaultStack): { stop(): Promise<void> } {
  let stopping = false;
  const loop = (async () => {
    for (let tick = 0; !stopping; tick++) {
      await Promise.allSettled([
        hurryOnce(faults),
        ...(tick % 2 === 0 ? [knock(faults)] : []),
        ...(faults.hasCron ? [] : [faults.sql`select public.expire_jobs()`]),
      ]);
      await pause(TICK_MS);
    }
  })();
  return {
    stop: async () => {
      stopping = true;
      await loop;
    },
  };
}

/** Brings forward looks, backoffs, pauses of a provider, and the deadlines of lost answers. */
export async function hurryOnce({ sql }: FaultStack): Promise<void> {
  await sql`
    with late as (
      select j.id from public.jobs as j
      where j.state in ('waiting', 'queued') and j.run_at > clock_timestamp() + interval '1 second'
        and not exists (
          select from public.job_attempts as t
          where t.job_id = j.id and t.state in ('submitting', 'unknown')
        )
      for update skip locked
    )
    update public.jobs as j set run_at = clock_timestamp() from late where j.id = late.id`;
  await sql`
    with lost as (
      select j.id from public.jobs as j join public.job_attempts as t on t.job_id = j.id
      where j.state = 'waiting' and t.state = 'unknown'
        and t.updated_at < clock_timestamp() - make_interval(secs => ${UNKNOWN_SECONDS})
      for update of j skip locked
    )
    update public.jobs as j set deadline_at = clock_timestamp() from lost where j.id = lost.id`;
  await sql`
    update public.provider_limits set blocked_until = clock_timestamp() + interval '1 second'
    where blocked_until > clock_timestamp() + interval '1 second'`;
}

/** Ticks once, as cron does. */
export async function knock({ stack }: FaultStack): Promise<void> {
  await Promise.allSettled(["run-jobs", "poll-video"].map(async (name) => {
    const response = await fetch(`${stack.url}/functions/v1/${name}`, {
      method: "POST",
      headers: { apikey: stack.keys.secret },
      signal: AbortSignal.timeout(3_000),
    });
    await response.body?.cancel();
  }));
}

/** Brings one job's deadline forward: for work that never ends by itself. */
export async function expireNow({ query }: FaultStack, jobId: string): Promise<void> {
  await query((sql) =>
    sql`update public.jobs set deadline_at = clock_timestamp()
      where id = ${jobId} and finished_at is null`
  );
}
