/**
 * A film's job: what it is given, and what it leaves behind, whoever cuts it.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import type { HeardMusic } from "../../../../shared/contract/music.ts";
import type { ClaimedJob } from "../database/job_queue.ts";
import { keepSubtitles, type SubtitlePlan } from "../film/subtitles.ts";
import type { StitchedFilm } from "../media/stitch.ts";
import { filmPath } from "../media/storage_path.ts";
import type { MediaStore } from "../media_store.ts";

/** What `jobs.payload` of a film holds: in order, all URLs in our own Storage. */
export interface FilmPayload {
  /** In the order of the film. */
  readonly clips: readonly {
    readonly clip_id: string;
    readonly clip_url: string;
    /** How much of it is shown. Absent: all. */
    readonly duration_sec?: number;
    /** Null: nothing is said. The one of the clip before: what is said there goes on. */
    readonly audio_clip_id: string | null;
    readonly audio_url: string | null;
  }[];
  /** Under the whole film. Absent: there is none. */
  readonly music?: HeardMusic;
  /** The picture of the first shot. Absent in jobs from before there were any. */
  readonly poster_url?: string | null;
  /** Absent in jobs from before there were any. */
  readonly subtitles?: SubtitlePlan;
}

/** The bucket's own limit (supabase/config.toml). */
export const MAX_FILM_BYTES = 500 * 1024 * 1024;

/** Puts a film into Storage and gives the job's result. Errors: the film's own, `PROVIDER_UNAVAILABLE`. */
export async function filmResult(
  store: MediaStore,
  job: ClaimedJob,
  { payload, film }: { readonly payload: FilmPayload; readonly film: StitchedFilm },
): Promise<Json> {
  const place = { project: job.project_id ?? "", film: job.subject_id ?? "" };
  const url = await store.put(filmPath(place), film.film, film.contentType);
  const { music } = payload;
  const cut = payload.clips.map((clip, at) => ({
    clip_id: clip.clip_id,
    audio_clip_id: clip.audio_clip_id,
    start_sec: film.chapters[at]?.startSeconds ?? 0,
    duration_sec: film.chapters[at]?.durationSeconds ?? 0,
    ...(at === 0 && music !== undefined ? { music } : {}),
  }));
  const subtitles = await keepSubtitles(store, {
    ...place,
    plan: payload.subtitles,
    entries: cut,
    filmSeconds: film.durationSeconds,
  });
  return {
    url,
    duration_sec: film.durationSeconds,
    poster_url: payload.poster_url ?? null,
    cut,
    ...subtitles,
  };
}
