/**
 * The role of a film's second cutter: clips that differ in codec, size or rate, encoded anew into one film.
 * Trimming before it and narration after it are ours (`media/`), so that all films are cut by one rule.
 *
 * @module
 */
import type { Renderer } from "./render.ts";

/** Clips to join. */
export interface JoinRequest {
  /** The provider's name of the service, such as `fal-ai/ffmpeg-api/merge-videos`. */
  readonly endpoint: string;
  /** Public URLs of mp4s, in the order of the film, at least two: all of each is shown. */
  readonly clipUrls: readonly string[];
  /** Pixels of the film; even. */
  readonly width: number;
  /** Pixels of the film; even. */
  readonly height: number;
}

/** Joins clips. Its result is an mp4 of about the clips' length together; its sound is not to be relied on. */
export type FilmCutter = Renderer<JoinRequest>;
