/**
 * A film's subtitles, from its narration to the files beside the mp4.
 *
 * @module
 */
import type { StudioContext } from "../database/studio_context.ts";
import { subtitlesPath } from "../media/storage_path.ts";
import type { MediaStore } from "../media_store.ts";
import { makeCaptions, type Narration } from "./captions.ts";
import { writeSrt } from "./srt.ts";
import { writeWebVtt } from "./webvtt.ts";

/** What is said under one entry of a cut. */
export interface CutNarration {
  /** The scene's words when the film was planned. */
  readonly text: string;
  /** The audio's measured length, seconds. */
  readonly duration_sec: number;
}

/** What a film's job must remember for its subtitles: later edits of a scene are not the film's. */
export interface SubtitlePlan {
  /** BCP 47 tag of the narration. */
  readonly language: string;
  /** One for each entry of the cut; null: nothing new is said. */
  readonly narrations: readonly (CutNarration | null)[];
}

/** Columns of a film, as its job's result names them. */
export interface SubtitleUrls {
  /** Public URL. */
  readonly subtitles_vtt_url: string;
  /** Public URL. */
  readonly subtitles_srt_url: string;
}

/** A film that has just been cut. */
export interface SubtitledFilm {
  /** `projects.id`. */
  readonly project: string;
  /** `films.id`. */
  readonly film: string;
  /** Absent in jobs from before there were subtitles. */
  readonly plan: SubtitlePlan | undefined;
  /** Where each entry of the cut begins in the film. */
  readonly entries: readonly { readonly start_sec: number }[];
  /** Nothing is shown after it. */
  readonly filmSeconds: number;
}

/** Storage serves a text in the charset it was sent with. */
const CONTENT_TYPES = {
  vtt: "text/vtt; charset=utf-8",
  srt: "application/x-subrip; charset=utf-8",
} as const;

/**
 * Plans the subtitles of a cut, given the narration under each of its entries. Entries in a row with the same one
 * share it: it begins with the first of them.
 */
export function planSubtitles(
  { project, scenes, audio_clips }: Pick<StudioContext, "project" | "scenes" | "audio_clips">,
  audioClipIds: readonly (string | null)[],
): SubtitlePlan {
  return {
    language: project.language,
    narrations: audioClipIds.map((id, at) => {
      const audio = id === audioClipIds[at - 1]
        ? undefined
        : audio_clips.find((one) => one.id === id);
      const scene = scenes.find((one) => one.id === audio?.scene_id);
      if (audio === undefined || scene === undefined) return null;
      return { text: scene.text, duration_sec: audio.duration_sec ?? 0 };
    }),
  };
}

/**
 * Writes both files beside the film. Null when nothing is said. Safe to repeat: the same film overwrites its own.
 * Errors: `PROVIDER_UNAVAILABLE` (Storage did not take them).
 */
export async function keepSubtitles(
  store: MediaStore,
  { project, film, plan, entries, filmSeconds }: SubtitledFilm,
): Promise<SubtitleUrls | null> {
  const { language, narrations: planned } = plan ?? { language: "und", narrations: [] };
  const narrations = planned.flatMap((narration, at): Narration[] => {
    const startSeconds = entries[at]?.start_sec;
    if (narration === null || startSeconds === undefined) return [];
    return [{ text: narration.text, startSeconds, durationSeconds: narration.duration_sec }];
  });
  const cues = makeCaptions(narrations, { language, filmSeconds });
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
