/**
 * What is still being made when the user stops the command.
 *
 * @module
 */
import type { StudioClient } from "../../../shared/client/studio_client.ts";

/** Somebody waits for the prompt to come back. */
const TIMEOUT_MS = 3000;

/**
 * Cancels the unfinished productions of the studio's user and whatever else they asked for themselves, so that
 * nothing goes on at providers or at the stack's next start, and what was not delivered is refunded. What a
 * production began goes with it. Gives how many jobs that were.
 *
 * Errors: `StudioError`, or the timeout's after 3 s; what was cancelled by then stays so.
 */
export async function cancelOpenJobs(studio: StudioClient): Promise<number> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { data, error } = await studio.supabase.from("jobs").select("id").is("finished_at", null)
    .is("parent_id", null).abortSignal(signal);
  if (error !== null) throw new Error(`Cannot read the jobs: ${error.message}`, { cause: error });
  const answers = await Promise.all(
    data.map(({ id }) => studio.call("cancel-job", { job_id: id }, { signal, attempts: 2 })),
  );
  return answers.reduce((sum, { cancelled_count }) => sum + cancelled_count, 0);
}
