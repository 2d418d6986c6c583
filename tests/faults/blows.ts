/**
 * Shooting: processes of the stack are killed, stopped and continued at moments seen from outside, by what
 * passes the door and what the database shows.
 *
 * @module
 */
import { type FaultStack, signal } from "./fault_stack.ts";
import type { Caught, TrapSpot } from "./door.ts";
import { knock } from "./hurry.ts";
import type { Blow, Round, Step } from "./round.ts";
import { pause, until } from "./until.ts";

/** What became of a blow. */
export interface BlowResult {
  /** False: the moment never came (the provider had refused, the job was cancelled, …). */
  readonly landed: boolean;
  /** Processes that were sent SIGKILL. */
  readonly kills: number;
}

/** What a blow needs to know of its round. */
export interface Target {
  readonly round: Round;
  /** The round's first job, once the click is answered; null when it started none. */
  readonly jobId: Promise<string | null>;
  /** Aborted when the round's jobs have ended: then the moment will not come any more. */
  readonly ended: AbortSignal;
}

const MISSED: BlowResult = { landed: false, kills: 0 };

/** A lease, a tick of cron, and time to start. */
const TAKEN_OVER_MS = 45_000;

/** How long an update may take to come to the row that is locked: an upload on a busy machine. */
const BLOCKED_MS = 20_000;

/** Workers stopped at once, at most: a stack with every worker stopped shows nothing. */
const MOST_PAUSED = 2;
let paused = 0;
/** One at a time: a database is either up or down. */
let crashing: Promise<unknown> = Promise.resolve();

/** Deals one blow. Call it before the click: it waits for its moment. */
export async function deal(faults: FaultStack, blow: Blow, target: Target): Promise<BlowResult> {
  switch (blow.kind) {
    case "kill": {
      const result =
        await (blow.step === "settling"
          ? killSettling(faults, target)
          : killAt(faults, blow, target));
      if (blow.bury && result.landed) await bury(faults, await target.jobId);
      return result;
    }
    case "pause":
      return await pauseAt(faults, blow.step, target);
    case "kill_all":
      await pause(blow.afterMs);
      return { landed: true, kills: killAll(faults) };
    case "crash_database": {
      await pause(blow.afterMs);
      const turn = crashing.then(async () => {
        faults.stack.postgres.kill();
        await faults.stack.postgres.restart();
      });
      crashing = turn.catch(() => {});
      await turn;
      return { landed: true, kills: 1 };
    }
  }
}

/** Ends the lease of a job whose worker is dead. */
async function bury(faults: FaultStack, jobId: string | null): Promise<void> {
  await faults.query((sql) =>
    sql`update public.jobs set run_at = clock_timestamp() where id = ${jobId} and state = 'running'`
  );
  await knock(faults);
}

/** Sends SIGKILL to every worker; gives how many. */
export function killAll({ stack }: FaultStack): number {
  return stack.workers.pids().filter((pid) => signal(pid, "SIGKILL")).length;
}

/** The one worker when it is known, else all of them: one of those it is. */
function killHolder(faults: FaultStack, pid: number | null): number {
  return pid === null ? killAll(faults) : Number(signal(pid, "SIGKILL"));
}

function spotOf({ word, work }: Round, step: Exclude<Step, "settling">): TrapSpot {
  const create = work === "image" || work === "video" ? "create" : "ask";
  switch (step) {
    case "before_create":
      return { word, step: create, moment: "arrival" };
    case "after_create":
      return { word, step: create, moment: "answer" };
    case "waiting":
      return { word, step: "look", moment: "arrival" };
    case "copying":
      return { word, step: "copy", moment: "half" };
  }
}

/** Holds a round's call when it comes; null once the round has ended without it. */
async function waitFor(
  { door }: FaultStack,
  spot: TrapSpot,
  { ended }: Target,
): Promise<Caught | null> {
  if (ended.aborted) return null;
  const trap = door.trap(spot);
  ended.addEventListener("abort", trap.remove, { once: true });
  return await trap.caught;
}

async function killAt(
  faults: FaultStack,
  blow: Blow & { readonly kind: "kill" },
  target: Target,
): Promise<BlowResult> {
  if (blow.step === "settling") return MISSED;
  const caught = await waitFor(faults, spotOf(target.round, blow.step), target);
  if (caught === null) return MISSED;
  const kills = killHolder(faults, caught.pid);
  if (blow.step === "before_create" && !blow.delivered) caught.drop();
  else caught.release();
  return { landed: true, kills };
}

/**
 * The result is copied and the settlement is under way in the database, held up by a lock of ours on the
 * asset's row: then the worker dies, and the lock goes.
 */
async function killSettling(faults: FaultStack, target: Target): Promise<BlowResult> {
  const { round } = target;
  const renders = round.work === "image" || round.work === "video";
  const caught = await waitFor(faults, {
    word: round.word,
    step: renders ? "copy" : "ask",
    moment: renders ? "arrival" : "answer",
  }, target);
  if (caught === null) return MISSED;
  try {
    const jobId = await Promise.race([target.jobId, pause(BLOCKED_MS).then(() => null)]);
    if (jobId === null) return MISSED;
    return await holdingAsset(faults, { jobId, work: round.work }, async (isBlocking) => {
      caught.release();
      await until("a settlement that waits", isBlocking, { limitMs: BLOCKED_MS });
      return { landed: true, kills: killHolder(faults, caught.pid) };
    });
  } catch {
    // The database was shot meanwhile, or somebody else settled: no moment to hit.
    return MISSED;
  } finally {
    caught.release();
  }
}

const TABLES = {
  image: "image_assets",
  video: "video_clips",
  audio: "audio_clips",
  film: "films",
  script: null,
} as const;

/** Holds a lock on the row of a job's asset while something is done. */
export async function holdingAsset<Result>(
  { sql }: FaultStack,
  { jobId, work }: { readonly jobId: string; readonly work: Round["work"] },
  run: (isBlocking: () => Promise<boolean>) => Promise<Result>,
): Promise<Result> {
  const table = TABLES[work];
  if (table === null) throw new RangeError("A script has no asset");
  return await sql.begin(async (tx) => {
    const [own] = await tx<{ pid: number }[]>`
      select pg_backend_pid() as pid from ${tx(`public.${table}`)}
      where id = (select subject_id from public.jobs where id = ${jobId}) for update`;
    if (own === undefined) throw new Error(`Job ${jobId} has no asset`);
    return await run(async () => {
      const blocked = await sql`
        select from pg_stat_activity
        where wait_event_type = 'Lock' and ${own.pid} = any (pg_blocking_pids(pid))`;
      return blocked.length > 0;
    });
  }) as Result;
}

async function pauseAt(
  faults: FaultStack,
  step: "after_create" | "copying",
  target: Target,
): Promise<BlowResult> {
  const caught = await waitFor(faults, spotOf(target.round, step), target);
  if (caught === null) return MISSED;
  const { pid } = caught;
  if (pid === null || paused >= MOST_PAUSED || !signal(pid, "SIGSTOP")) {
    caught.release();
    return MISSED;
  }
  paused += 1;
  // What it waited for lies in its socket, to be found when it wakes.
  caught.release();
  try {
    const id = await Promise.race([target.jobId, pause(TAKEN_OVER_MS).then(() => null)]);
    if (id !== null) await untilTakenOver(faults, id);
  } finally {
    paused -= 1;
    signal(pid, "SIGCONT");
  }
  return { landed: true, kills: 0 };
}

/** Waits until a job that was running has been claimed anew, or has ended. */
export async function untilTakenOver({ query }: FaultStack, jobId: string): Promise<void> {
  const read = async () => {
    const [row] = await query((sql) =>
      sql<{ attempt: number; ended: boolean }[]>`
        select attempt, finished_at is not null as ended from public.jobs where id = ${jobId}`
    );
    return row;
  };
  const first = await read();
  await until("another worker to take the job", async () => {
    const now = await read();
    return now === undefined || now.ended || now.attempt > (first?.attempt ?? 0);
  }, { limitMs: TAKEN_OVER_MS, everyMs: 250 });
}
