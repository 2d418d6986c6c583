/**
 * The account of a film: names as in the rows, null for what was not made.
 *
 * @module
 */

/** One shot. */
export interface ShotAccount {
  /** 1..n within its scene. */
  readonly index: number;
  /** Names of who is in it: its picture was drawn after theirs. */
  readonly characters: readonly string[];
  /** Its picture. */
  readonly image_url: string | null;
  /** Its clip. */
  readonly clip_url: string | null;
  /** Seconds, measured. */
  readonly clip_duration_sec: number | null;
  /** Seconds the film shows of it. */
  readonly shown_sec: number | null;
}

/** One scene. */
export interface SceneAccount {
  /** 1..N. */
  readonly index: number;
  /** The scene's own. */
  readonly title: string;
  /** What the narrator says. */
  readonly text: string;
  /** Its first shot's picture. */
  readonly image_url: string | null;
  /** Its narration. */
  readonly audio_url: string | null;
  /** Seconds, measured. */
  readonly audio_duration_sec: number | null;
  /** Its first shot's clip. */
  readonly clip_url: string | null;
  /** Seconds of all its clips, measured. */
  readonly clip_duration_sec: number | null;
  /** In order. */
  readonly shots: readonly ShotAccount[];
  /** Charged for its pictures, narration and clips, less what was given back. */
  readonly credits: number;
  /** Seconds from the script to its last clip. */
  readonly seconds: number;
}

/** Somebody in the film. */
export interface CharacterAccount {
  /** What the others call them. */
  readonly name: string;
  /** How they look. */
  readonly description: string;
  /** Null: the narrator speaks for them. */
  readonly voice_id: string | null;
  /** The reference picture. */
  readonly image_url: string | null;
  /** Charged for their pictures, less what was given back. */
  readonly credits: number;
}

/** A finished film, or as much of it as was asked for. */
export interface FilmAccount {
  /** Where everything is kept. */
  readonly project_id: string;
  /** The production's job. */
  readonly job_id: string;
  /** The project's. */
  readonly title: string;
  /** Public URL, and seconds as measured. Null: it was to stop before. */
  readonly film: { readonly url: string; readonly duration_sec: number } | null;
  /** In order. */
  readonly scenes: readonly SceneAccount[];
  /** In order; empty when there is no cast. */
  readonly characters: readonly CharacterAccount[];
  /** Charged for everything, less what was given back. */
  readonly credits_charged: number;
  /** What the user has left. */
  readonly balance: number;
}
