/**
 * What edits make stale in a {@link FakeWorld}, as the triggers `mark_stale` do.
 *
 * @module
 */
import type { Rows } from "./world_types.ts";

/** Of a scene that shows something else. */
export function markOfScene(rows: Rows, sceneId: string): void {
  mark(rows, "images", (row) => row.scene_id === sceneId && row.source === "generated");
  mark(rows, "video_clips", (row) => row.scene_id === sceneId);
}

/** Of a character whose fields were changed. */
export function markOfCast(rows: Rows, characterId: string, fields: readonly string[]): void {
  if (!fields.some((name) => ["name", "description", "image_id"].includes(name))) return;
  const shots = rows.frames.filter(({ character_ids }) => character_ids.includes(characterId)).map((
    { id },
  ) => id);
  mark(rows, "images", ({ frame_id }) => frame_id !== null && shots.includes(frame_id));
  mark(rows, "video_clips", ({ frame_id }) => frame_id !== null && shots.includes(frame_id));
}

/** Of a shot whose fields were changed. */
export function markOfFrame(rows: Rows, frameId: string, fields: readonly string[]): void {
  const frame = rows.frames.find(({ id }) => id === frameId);
  if (frame === undefined) return;
  // What was made of the scene before there were shots, and is the shot's now.
  const isTaken = (row: { scene_id: string | null; frame_id: string | null }) =>
    row.frame_id === null && row.scene_id === frame.scene_id;
  const isSeen = fields.some((name) => ["action", "camera"].includes(name));
  if (isSeen) {
    mark(rows, "images", (image) =>
      image.frame_id === frameId ||
      (image.id === frame.image_id && !fields.includes("image_id") && isTaken(image) &&
        image.source === "generated"));
  }
  if (!isSeen && !fields.some((name) => ["video_prompt", "image_id"].includes(name))) return;
  const isOther = isSeen || fields.includes("video_prompt");
  mark(rows, "video_clips", (clip) =>
    (clip.frame_id === frameId ||
      (clip.id === frame.video_clip_id && !fields.includes("video_clip_id") &&
        isTaken(clip))) &&
    (isOther || clip.image_id !== frame.image_id));
}

function mark<Table extends "images" | "video_clips">(
  of: Rows,
  table: Table,
  which: (row: Rows[Table][number]) => boolean,
): void {
  const rows: Rows[Table][number][] = of[table];
  rows.forEach((row, at) => {
    if (which(row) && row.stale_at === null) rows[at] = { ...row, stale_at: row.created_at };
  });
}
