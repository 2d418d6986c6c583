/**
 * The timeline of an export: the film's cut over the files beside it.
 *
 * @module
 */
import type { ExportPlan, ExportSource } from "./export_plan.ts";
import { type TimelineItem, writeTimeline } from "./timeline.ts";

/** What a timeline of an export needs to know besides its plan. */
export interface TimelineOptions {
  /** Of the film. */
  readonly rate: number;
  /** Whether a file is in the zip; else the timeline links to Storage. */
  isIncluded(path: string): boolean;
}

/**
 * Writes the file. A clip that is gone since the film was cut stands for itself as the stretch it was, linked to
 * nothing. Narration lasts until it is over, the next one begins, or the film ends.
 */
export function writeExportTimeline(
  { project, film, scenes, audio_clips, video_clips }: ExportSource,
  { cut, media }: ExportPlan,
  { rate, isIncluded }: TimelineOptions,
): string {
  const filmSeconds = film?.duration_sec ?? 0;
  const urlOf = (id: string) => {
    const file = media.find((one) => one.id === id);
    return file === undefined ? null : isIncluded(file.path) ? file.path : file.url;
  };
  const titleOf = (sceneId: string | null | undefined, otherwise: string) => {
    const scene = scenes.find(({ id }) => id === sceneId);
    return scene === undefined ? otherwise : `${scene.index}. ${scene.title}`.trim();
  };
  // Entries in a row with the same narration share it: it begins with the first of them.
  const voices = cut.flatMap(({ audio_clip_id, start_sec = 0 }, at) =>
    audio_clip_id === null || audio_clip_id === cut[at - 1]?.audio_clip_id
      ? []
      : [{ audio_clip_id, start_sec }]
  );
  return writeTimeline({
    name: project.title,
    rate,
    pictures: cut.map(({ clip_id, start_sec = 0, duration_sec = 0 }, at): TimelineItem => {
      const clip = video_clips.find(({ id }) => id === clip_id);
      return {
        name: titleOf(clip?.scene_id, `Shot ${at + 1}`),
        url: urlOf(clip_id),
        startSeconds: start_sec,
        durationSeconds: duration_sec,
        availableSeconds: clip?.duration_sec ?? duration_sec,
        metadata: { clip_id, shot_index: at + 1 },
      };
    }),
    narration: voices.flatMap(({ audio_clip_id, start_sec }, at): TimelineItem[] => {
      const audio = audio_clips.find(({ id }) => id === audio_clip_id);
      if (audio === undefined) return [];
      const spokenSeconds = audio.duration_sec ?? 0;
      const roomSeconds = (voices[at + 1]?.start_sec ?? filmSeconds) - start_sec;
      return [{
        name: titleOf(audio.scene_id, "Narration"),
        url: urlOf(audio_clip_id),
        startSeconds: start_sec,
        durationSeconds: Math.min(spokenSeconds, roomSeconds),
        availableSeconds: spokenSeconds,
        metadata: { audio_clip_id },
      }];
    }),
  });
}
