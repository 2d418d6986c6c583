/**
 * The whole way from a prompt to a film as any client goes it: one click over HTTP with the user's token, and
 * rows to watch; the film makes itself. Nothing here knows that the stack is local.
 *
 * @module
 */
import type { StudioClient } from "../../../shared/client/studio_client.ts";
import { StudioError } from "../../../shared/client/studio_error.ts";
import type { FilmPlan } from "../../../shared/contract/film_operations.ts";
import { isJobEnded, type JobState } from "../../../shared/contract/statuses.ts";
import { type ConfirmCast, readCast, rerollPicture } from "./cast.ts";
import { readFilmAccount } from "./film_account.ts";
import type { FilmAccount } from "./film_account_types.ts";
import { changedParts, countParts, type FilmProgress } from "./film_counts.ts";
import { CastWaits, FilmError } from "./film_error.ts";
import { failuresOf, refusedClick } from "./film_failures.ts";
import { filmRequest, type FilmWish } from "./film_wish.ts";
import { follow } from "./follow.ts";
import { createLook, type Plot, type ProductionLook } from "./production_look.ts";

/** How it is made. */
export interface MakeFilmOptions {
  /** Told of each thing that begins or is ready. */
  readonly onProgress?: (progress: FilmProgress) => void;
  /** Told once the script is there. */
  readonly onScript?: (plot: Plot) => void;
  /** Asks for the user's word on the cast. Absent: nobody can be asked. */
  readonly confirm?: ConfirmCast | undefined;
  /** Stops the client; what has been asked for goes on at the studio. */
  readonly signal?: AbortSignal | undefined;
  /** Between looks; see {@link follow}. */
  readonly intervalMs?: number | undefined;
}

/** What a film would be and cost, at no cost. Errors: {@link FilmError}. */
export async function planFilm(
  studio: StudioClient,
  wish: FilmWish,
): Promise<{ readonly plan: FilmPlan; readonly balance: number }> {
  const { plan, balance } = await click(studio, wish, { isDry: true });
  return { plan, balance };
}

/**
 * Makes a film, or as much of it as the wish's `stopAt` says.
 *
 * Errors: {@link FilmError} with every failure; {@link CastWaits} when the cast was not confirmed; the
 * signal's reason when it was aborted.
 */
export async function makeFilm(
  studio: StudioClient,
  wish: FilmWish,
  options: MakeFilmOptions = {},
): Promise<FilmAccount> {
  const { job, plan } = await click(studio, wish, options);
  if (job === null) throw new Error("The film was only planned");
  const look = createLook(studio.supabase, job.id);
  const tell = createTeller({ plan, characterCount: wish.characterCount ?? 0 }, options);
  let isConfirmed = false;
  while (true) {
    const seen = await follow(look, {
      isLast: (seen) => isEnded(seen) || (seen.job.stage === "confirmation" && !isConfirmed),
      onLook: tell,
      intervalMs: options.intervalMs,
      signal: options.signal,
    });
    const { id, project_id: projectId, state } = seen.job;
    if (!isEnded(seen)) {
      await confirmCast(studio, { jobId: id, projectId: projectId ?? "", wish, options });
      isConfirmed = true;
    } else if (state === "succeeded") {
      return await readFilmAccount(studio.supabase, seen);
    } else {
      throw new FilmError(failuresOf(seen), { projectId, jobId: id });
    }
  }
}

async function click(
  studio: StudioClient,
  wish: FilmWish,
  { isDry = false, signal }: {
    readonly isDry?: boolean;
    readonly signal?: AbortSignal | undefined;
  },
) {
  try {
    return await studio.call(
      "make-film",
      { ...filmRequest(wish), dry_run: isDry },
      signal === undefined ? {} : { signal },
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof StudioError)) throw error;
    throw new FilmError([refusedClick(error)], { projectId: null, jobId: null });
  }
}

/** Tells what is new in each look. */
function createTeller(
  planned: Parameters<typeof countParts>[1],
  { onProgress = () => {}, onScript = () => {} }: MakeFilmOptions,
): (look: ProductionLook) => void {
  let told: FilmProgress[] = [];
  let hasScript = false;
  return (look) => {
    const counts = countParts(look, planned);
    for (const progress of changedParts(told, counts)) onProgress(progress);
    told = counts;
    if (!hasScript && look.scenes.length > 0) {
      hasScript = true;
      onScript(look);
    }
  };
}

/** Asks until the cast is confirmed. Errors: {@link CastWaits}, {@link StudioError}. */
async function confirmCast(
  studio: StudioClient,
  { jobId, projectId, wish, options: { confirm, signal } }: {
    readonly jobId: string;
    readonly projectId: string;
    readonly wish: FilmWish;
    readonly options: MakeFilmOptions;
  },
): Promise<void> {
  let note: string | undefined;
  while (true) {
    const answer = await confirm?.(await readCast(studio, projectId), note) ?? { kind: "keep" };
    signal?.throwIfAborted();
    if (answer.kind === "keep") throw new CastWaits(projectId, jobId);
    if (answer.kind === "confirm") {
      await studio.call("confirm-characters", { project_id: projectId }, callOf(signal));
      return;
    }
    note = await rerollPicture(studio, answer.member, { projectId, style: wish.style, signal });
  }
}

function callOf(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal };
}

function isEnded({ job }: ProductionLook): boolean {
  return isJobEnded(job.state as JobState);
}
