/**
 * Waits for jobs to end. One look serves all that are waited for, however many scenes there are.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { isJobEnded, type JobState } from "../../../shared/contract/statuses.ts";

/** What has to be known of a job to wait for it. */
export interface WatchedJob {
  /** Its row's. */
  readonly id: string;
  /** A `JobState`. */
  readonly state: string;
}

/** Gives a job's row once it has ended, well or badly. Rejects when jobs cannot be read any more. */
export type WaitForJob<Job extends WatchedJob> = (jobId: string) => Promise<Job>;

/** How the waiting is done. */
export interface JobWatchOptions {
  /** Between looks. Default 300: a look at a local stack takes about 10. */
  readonly intervalMs?: number | undefined;
  /** Ends all waiting. */
  readonly signal?: AbortSignal | undefined;
}

const INTERVAL_MS = 300;

/** A stack that restarts a process is away for a moment; this many failed looks in a row are not that. */
const MAX_FAILED_LOOKS = 10;

/** Makes the waiting, which looks by `read` as long as anything is waited for. */
export function createJobWatch<Job extends WatchedJob>(
  read: (jobIds: readonly string[]) => Promise<readonly Job[]>,
  { intervalMs = INTERVAL_MS, signal }: JobWatchOptions = {},
): WaitForJob<Job> {
  const waiting = new Map<string, PromiseWithResolvers<Job>>();
  let looking = false;

  const look = async () => {
    let failures = 0;
    try {
      while (waiting.size > 0) {
        await delay(intervalMs, undefined, { signal });
        const jobs = await read([...waiting.keys()]).catch((error) => {
          failures += 1;
          if (failures === MAX_FAILED_LOOKS) throw error;
        });
        if (jobs === undefined) continue;
        failures = 0;
        for (const job of jobs) {
          if (!isJobEnded(job.state as JobState)) continue;
          waiting.get(job.id)?.resolve(job);
          waiting.delete(job.id);
        }
      }
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    } finally {
      // In the same turn in which nothing was waited for: a job asked for later begins anew.
      looking = false;
    }
  };

  return (jobId) => {
    const ended = waiting.get(jobId) ?? Promise.withResolvers<Job>();
    waiting.set(jobId, ended);
    if (!looking) {
      looking = true;
      look();
    }
    return ended.promise;
  };
}
