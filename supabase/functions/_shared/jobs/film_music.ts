/**
 * The step of a film's job that mixes, and the file it leaves for the step that cuts.
 *
 * @module
 */
import { MAX_MUSIC_BYTES } from "../../../../shared/contract/limits.ts";
import type { HeardMusic } from "../../../../shared/contract/music.ts";
import { AppError } from "../app_error.ts";
import type { ClaimedJob } from "../database/job_queue.ts";
import { sha256Hex } from "../idempotency.ts";
import { readFile } from "../media/download_source.ts";
import { encodeWav } from "../media/mix_encode.ts";
import type { Music } from "../media/mix_film.ts";
import type { StitchOptions } from "../media/stitch.ts";
import type { MixedSound } from "../media/stitch_music.ts";
import { filmMixPath, musicPath } from "../media/storage_path.ts";
import { fetchTrack } from "../uploads/fetched_file.ts";
import { checkTrack } from "../uploads/keep_music.ts";
import type { FilmPayload } from "./film_payload.ts";
import type { JobServices } from "./job_services.ts";

/** Three minutes in mono have 16 MB at 44.1 kHz, 17 MB at 48 kHz. */
const MAX_MIX_BYTES = 20_000_000;

const READ_TIMEOUT_MS = 60_000;

/** What of the job the step needs. */
export interface MixStep {
  /** The film's. */
  readonly payload: FilmPayload;
  /** For files of our own. */
  readonly options: StitchOptions;
  /** Mixes under the film's scenes. */
  readonly mix: (music: Music) => Promise<MixedSound>;
}

/**
 * Gives the sound of a film, an mp3; undefined for a film without music; `later` when it is mixed and in Storage, and
 * another step has to encode it. What an earlier run of the job has mixed is taken from there. Safe to repeat.
 *
 * Errors: `AUDIO_INVALID` and `PAYLOAD_TOO_LARGE` when the track is no longer what was looked at; those of the mixing,
 * the transfer and Storage.
 */
export async function soundOf(
  { store }: JobServices,
  job: ClaimedJob,
  { payload, options, mix }: MixStep,
): Promise<Uint8Array<ArrayBuffer> | "later" | undefined> {
  if (payload.music === undefined) return undefined;
  const project = job.project_id ?? "";
  const path = filmMixPath({ project, film: job.subject_id ?? "" });
  const read = async (url: string, maxFileBytes: number) =>
    await readFile(url, { ...options, timeoutMs: READ_TIMEOUT_MS, maxFileBytes });
  // The first run can't find any, and should not teach a cache that there is none.
  if (job.attempt > 1) {
    const kept = await unlessMissing(read(store.url(path), MAX_MIX_BYTES));
    if (kept !== null) return await encodeWav(kept);
  }
  const track = await readTrack(payload.music, {
    project,
    store,
    signal: options.signal,
    readOwn: (url) => read(url, MAX_MUSIC_BYTES),
  });
  const { file, isEncoded } = await mix({ file: track, gainDb: payload.music.gain_db });
  if (isEncoded) return file;
  await store.put(path, file, "audio/wav");
  return "later";
}

/** Removes what a run of the job has left for the next one, if it has. */
export async function removeMix({ store }: JobServices, job: ClaimedJob): Promise<void> {
  if (job.attempt > 1) {
    await store.remove(filmMixPath({ project: job.project_id ?? "", film: job.subject_id ?? "" }));
  }
}

/**
 * Reads the track from Storage. Where the click did not keep it, since there was no project yet, it is fetched again,
 * must be the same, and is kept now.
 */
async function readTrack(
  { url, sha256 }: HeardMusic,
  { project, store, signal, readOwn }: {
    readonly project: string;
    readonly store: JobServices["store"];
    readonly signal: AbortSignal | undefined;
    readonly readOwn: (url: string) => Promise<Uint8Array<ArrayBuffer>>;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  if (sha256 !== null) {
    const kept = await unlessMissing(readOwn(store.url(musicPath({ project, sha256 }))));
    if (kept !== null) return kept;
  }
  const isOwn = url.startsWith(store.url(""));
  const bytes = isOwn ? await readOwn(url) : await fetchTrack(url, {
    signal: signal ?? new AbortController().signal,
    field: "music.url",
  });
  checkTrack(bytes);
  const found = await sha256Hex(bytes);
  if (sha256 !== null && found !== sha256) {
    throw new AppError("AUDIO_INVALID", "Cannot use the music: it is no longer the file it was", {
      details: { reason: "changed" },
    });
  }
  await store.put(musicPath({ project, sha256: found }), bytes, "audio/mpeg");
  return bytes;
}

/** Null for a file that our own Storage does not have: it says so with 400, 404, or without reason. */
async function unlessMissing(
  reading: Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError && error.code === "RESULT_INVALID") return null;
    throw error;
  }
}
