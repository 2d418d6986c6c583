/**
 * Films: clips and narration cut into one mp4 by copying packets, then kept in Storage.
 *
 * @module
 */
import type { JobHandler } from "./handler.ts";
import { keepSubtitles, type SubtitlePlan } from "../film/subtitles.ts";
import { stitchFilm } from "../media/stitch.ts";
import { filmPath } from "../media/storage_path.ts";
import type { JobServices } from "./job_services.ts";

/** What `jobs.payload` of a film holds: in order, all URLs in our own Storage. */
export interface FilmPayload {
  /** In the order of the film. */
  readonly clips: readonly {
    readonly clip_id: string;
    readonly clip_url: string;
    readonly audio_clip_id: string | null;
    readonly audio_url: string | null;
  }[];
  /** Absent in jobs from before there were any. */
  readonly subtitles?: SubtitlePlan;
}

/** The bucket's own limit (supabase/config.toml). */
const MAX_FILM_BYTES = 500 * 1024 * 1024;

/** Makes the handler of kind `film`. */
export function createFilmJob(services: JobServices): JobHandler {
  return {
    kind: "film",
    run: async (job, context) => {
      const payload: unknown = job.payload;
      const { clips, subtitles: plan } = payload as FilmPayload;
      const film = await stitchFilm({
        clips: clips.map((clip) => ({ url: clip.clip_url, narrationUrl: clip.audio_url })),
        maxBytes: MAX_FILM_BYTES,
        allowedOrigins: [new URL(services.supabaseUrl).origin],
        signal: context.signal,
      });
      context.progress(0.5);
      const path = filmPath({ project: job.project_id ?? "", film: job.subject_id ?? "" });
      const url = await services.store.put(path, film.film, film.contentType);
      const cut = clips.map((clip, at) => ({
        clip_id: clip.clip_id,
        audio_clip_id: clip.audio_clip_id,
        start_sec: film.chapters[at]?.startSeconds ?? 0,
        duration_sec: film.chapters[at]?.durationSeconds ?? 0,
      }));
      const subtitles = await keepSubtitles(services.store, {
        project: job.project_id ?? "",
        film: job.subject_id ?? "",
        plan,
        entries: cut,
        filmSeconds: film.durationSeconds,
      });
      return {
        then: "done",
        result: { url, duration_sec: film.durationSeconds, cut, ...subtitles },
      };
    },
  };
}
