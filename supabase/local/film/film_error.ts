/**
 * Why there is no film: which part of the work failed, for which scene, with the row's own words.
 *
 * @module
 */
import type { JobRow } from "../../../shared/client/studio_client.ts";
import type { Scene } from "../../../shared/contract/scene.ts";

/** The parts of the work, in the order in which they begin. */
export const FILM_STAGES = ["script", "narration", "images", "clips", "film"] as const;

/** A part of the work. */
export type FilmStage = (typeof FILM_STAGES)[number];

/** Something that did not work. */
export interface FilmFailure {
  /** The part of the work: a {@link FilmStage}, or one of another command's. */
  readonly stage: string;
  /** Null: it concerns the film as a whole. */
  readonly scene: Pick<Scene, "index" | "title"> | null;
  /** A code of `shared/contract/errors.ts`, or `NETWORK`. */
  readonly code: string;
  /** The row's or the answer's own sentence. */
  readonly message: string;
}

/** There is no film. What was made before is kept, under `projectId`. */
export class FilmError extends Error {
  /** For logs. */
  override readonly name = "FilmError";

  constructor(
    /** At least one, in the order in which they happened. */
    readonly failures: readonly FilmFailure[],
    /** Null: there is no script either. */
    readonly projectId: string | null,
  ) {
    super(failures.map(({ code, message }) => `${code}: ${message}`).join("; "));
  }
}

/** A job that failed or was cancelled, with what its row says. */
export class JobFailed extends Error {
  /** A code of `shared/contract/errors.ts`. */
  readonly code: string;

  constructor(job: Pick<JobRow, "error">) {
    const { code, message } = readFailure(job.error);
    super(message);
    this.code = code;
  }
}

function readFailure(error: JobRow["error"]): { code: string; message: string } {
  if (typeof error === "object" && error !== null && !Array.isArray(error)) {
    return { code: String(error["code"]), message: String(error["message"]) };
  }
  return { code: "INTERNAL", message: "The job ended without saying why" };
}
