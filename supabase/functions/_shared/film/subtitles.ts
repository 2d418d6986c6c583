/**
 * A film's subtitles, from its narration to the files beside the mp4.
 *
 * @module
 */
import { subtitlesPath } from "../media/storage_path.ts";
import type { MediaStore } from "../media_store.ts";
import { type CaptionOptions, makeCaptions, type Narration } from "./captions.ts";
import { writeSrt } from "./srt.ts";
import { writeWebVtt } from "./webvtt.ts";

/** What is said under one entry of a cut, as the film's job remembers it from when it was planned. */
export interface CutNarration {
  /** The scene's words then. */
  readonly text: string;
  /** The audio's measured length, seconds. */
  readonly duration_sec: number;
}

/** Columns of a film, as its job's result names them. */
export interface SubtitleUrls {
  /** Public URL. */
  readonly subtitles_vtt_url: string;
  /** Public URL. */
  readonly subtitles_srt_url: string;
}

/** Where a film's files lie. */
export interface SubtitledFilm extends CaptionOptions {
  /** `projects.id`. */
  readonly project: string;
  /** `films.id`. */
  readonly film: string;
  /** The cut, in order. */
  readonly entries: readonly {
    /** Where it begins in the film. */
    readonly start_sec: number;
    /** Null: nothing new is said. The one of the entry before: what is said there goes on. */
    readonly audio_clip_id: string | null;
    /** What is said from there on; absent or null: nothing. */
    readonly narration?: CutNarration | null | undefined;
  }[];
}

/** Storage serves a text in the charset it was sent with. */
const CONTENT_TYPES = {
  vtt: "text/vtt; charset=utf-8",
  srt: "application/x-subrip; charset=utf-8",
} as const;

/**
 * Writes both files beside the film. Null when nothing is said. Safe to repeat: the same film overwrites its own.
 * Errors: `PROVIDER_UNAVAILABLE` (Storage did not take them).
 */
export async function keepSubtitles(
  store: MediaStore,
  { project, film, entries, ...options }: SubtitledFilm,
): Promise<SubtitleUrls | null> {
  const narrations = entries.flatMap(({ start_sec, audio_clip_id, narration }, at): Narration[] =>
    narration && audio_clip_id !== entries[at - 1]?.audio_clip_id
      ? [{ text: narration.text, startSeconds: start_sec, durationSeconds: narration.duration_sec }]
      : []
  );
  const cues = makeCaptions(narrations, options);
  if (cues.length === 0) return null;
  const put = (extension: "vtt" | "srt", text: string) =>
    store.put(
      subtitlesPath({ project, film, extension }),
      new TextEncoder().encode(text),
      CONTENT_TYPES[extension],
    );
  const [vtt, srt] = await Promise.allSettled([
    put("vtt", writeWebVtt(cues)),
    put("srt", writeSrt(cues)),
  ]);
  if (vtt.status === "rejected") throw vtt.reason;
  if (srt.status === "rejected") throw srt.reason;
  return { subtitles_vtt_url: vtt.value, subtitles_srt_url: srt.value };
}
