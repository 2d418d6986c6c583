/**
 * The way from a photo to a clip as any client goes it: upload, style, clip, and rows to watch. Nothing here
 * knows that the stack is local.
 *
 * @module
 */
import type { StudioClient } from "../../../shared/client/studio_client.ts";
import { StudioError } from "../../../shared/client/studio_error.ts";
import { isJobEnded, type JobState } from "../../../shared/contract/statuses.ts";
import { FilmError, JobFailed } from "../film/film_error.ts";
import { follow } from "../film/follow.ts";
import type { Progress } from "../film/progress.ts";
import type { ClipWish } from "./args.ts";

/** The parts of the work, in their order. */
export const CLIP_STAGES = ["upload", "clip"] as const;

/** What there is in the end, read from the rows and the ledger. Names as in the rows. */
export interface ClipAccount {
  /** Where everything is kept. */
  readonly project_id: string;
  /** Public URL of the photo as it is kept. */
  readonly image_url: string;
  /** The clip's. */
  readonly clip_id: string;
  /** Public URL of the clip. */
  readonly url: string;
  /** Seconds, measured. */
  readonly duration_sec: number;
  /** Null: none. */
  readonly preset: string | null;
  /** What the model was asked for. */
  readonly prompt: string;
  /** Who wrote it. */
  readonly prompt_by: string | null;
  /** Catalogue id. */
  readonly model_id: string;
  /** How often the ledger was charged. */
  readonly charge_count: number;
  /** Credits, less what was given back. */
  readonly credits_charged: number;
  /** What the user has left. */
  readonly balance: number;
}

/** How it is made. */
export interface MakeClipOptions {
  /** Told of each part that begins or is done. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the client; what has been asked for goes on at the studio. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a clip. Errors: {@link FilmError} with what the studio said; the signal's reason when it was aborted.
 */
export async function makeClip(
  studio: StudioClient,
  { photo, wish }: { readonly photo: Uint8Array<ArrayBuffer>; readonly wish: ClipWish },
  { onProgress = () => {}, signal }: MakeClipOptions = {},
): Promise<ClipAccount> {
  const call = signal === undefined ? {} : { signal };
  let projectId: string | null = null;
  let stage: (typeof CLIP_STAGES)[number] = "upload";
  try {
    onProgress({ stage, done: 0, total: 1 });
    const { project, image_asset } = await studio.uploadImage(photo, call);
    projectId = project.id;
    onProgress({ stage, done: 1, total: 1 });

    stage = "clip";
    onProgress({ stage, done: 0, total: 1 });
    const { jobs: [started] } = await studio.call("generate-video", {
      project_id: project.id,
      image_ids: [image_asset.id],
      preset: wish.preset,
      prompt: wish.prompt,
      model: wish.model,
      duration_sec: wish.durationSeconds,
    }, call);
    const [job] = await follow(() => studio.jobs([started?.id ?? ""]), {
      isLast: ([job]) => job !== undefined && isJobEnded(job.state as JobState),
      signal,
    });
    if (job?.state !== "succeeded") throw new JobFailed(job ?? { error: null });
    onProgress({ stage, done: 1, total: 1 });
    return await readAccount(studio, {
      projectId,
      imageUrl: image_asset.url ?? "",
      jobId: job.id,
      clipId: job.subject_id ?? "",
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof StudioError) && !(error instanceof JobFailed)) throw error;
    const { code, message } = error;
    throw new FilmError([{ stage, scene: null, code, message }], { projectId, jobId: null });
  }
}

async function readAccount(
  { supabase }: StudioClient,
  { projectId, imageUrl, jobId, clipId }: {
    readonly projectId: string;
    readonly imageUrl: string;
    readonly jobId: string;
    readonly clipId: string;
  },
): Promise<ClipAccount> {
  const [clip, entries, account] = await Promise.all([
    supabase.from("video_clips").select("*").eq("id", clipId).single(),
    supabase.from("credit_entries").select("amount, kind").eq("job_id", jobId),
    supabase.from("credit_accounts").select("balance").single(),
  ]);
  const error = clip.error ?? entries.error ?? account.error;
  if (clip.data === null || entries.data === null || account.data === null) {
    throw new StudioError("INTERNAL", `Cannot read the clip: ${error?.message}`, { cause: error });
  }
  const { url, duration_sec, preset, prompt, prompt_by, model_id } = clip.data;
  return {
    project_id: projectId,
    image_url: imageUrl,
    clip_id: clipId,
    url: url ?? "",
    duration_sec,
    preset,
    prompt,
    prompt_by,
    model_id,
    charge_count: entries.data.filter(({ kind }) => kind === "charge").length,
    credits_charged: entries.data.reduce((sum, { amount }) => sum - amount, 0),
    balance: account.data.balance,
  };
}
