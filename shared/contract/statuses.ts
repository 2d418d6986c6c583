/**
 * The states rows go through. The database checks the same words.
 *
 * @module
 */

/** Assets (pictures, audio, clips, films): `pending → rendering → ready | failed`. */
export const ASSET_STATUSES = ["pending", "rendering", "ready", "failed"] as const;
/** A word of {@link ASSET_STATUSES}. */
export type AssetStatus = (typeof ASSET_STATUSES)[number];

/** Jobs. The last three are ends. */
export const JOB_STATES = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
] as const;
/** A word of {@link JOB_STATES}. */
export type JobState = (typeof JOB_STATES)[number];

/** Projects. */
export const PROJECT_STATUSES = ["draft", "in-progress", "completed"] as const;
/** A word of {@link PROJECT_STATUSES}. */
export type ProjectStatus = (typeof PROJECT_STATUSES)[number];

/** What a job makes. */
export const JOB_KINDS = [
  "script",
  "image",
  "audio",
  "video",
  "film",
  "characters",
  "scenes",
  "frames",
  "production",
] as const;
/** A word of {@link JOB_KINDS}. */
export type JobKind = (typeof JOB_KINDS)[number];

/** What a production works on, in order. */
export const FILM_STAGES = [
  "script",
  "scenes",
  "characters",
  "frames",
  "audio",
  "images",
  "videos",
  "film",
] as const;
/** A word of {@link FILM_STAGES}. */
export type FilmStage = (typeof FILM_STAGES)[number];

/** Tells whether a job has ended. */
export function isJobEnded(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}
