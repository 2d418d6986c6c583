/**
 * The parts of the work, as people are told of them, and which of a production's children belong to which.
 *
 * @module
 */

/** The parts, in the order in which they begin. Some films have no cast, and shots that need no writer. */
export const FILM_PARTS = [
  "script",
  "cast",
  "narration",
  "shots",
  "images",
  "clips",
  "film",
] as const;

/** A part of the work. */
export type FilmPart = (typeof FILM_PARTS)[number];

/** By the first word of `jobs.child_key`. */
const PARTS: Readonly<Record<string, FilmPart>> = {
  script: "script",
  scenes: "script",
  characters: "cast",
  reference: "cast",
  audio: "narration",
  frames: "shots",
  image: "images",
  video: "clips",
  film: "film",
};

/** What a child makes. */
export interface ChildName {
  /** The part it belongs to. */
  readonly part: FilmPart;
  /** Its key without the hash of what it is made from: the same thing made anew has the same. */
  readonly thing: string;
  /** Whom or what it is for: a shot, a scene or a character. Null: the film. */
  readonly ownerId: string | null;
}

/** Reads a child's key, such as `image:<frame id>:<hash>`. Null: no child, or of a kind unknown here. */
export function readChildKey(key: string | null): ChildName | null {
  const [word = "", id] = (key ?? "").split(":");
  const part = PARTS[word];
  if (part === undefined) return null;
  const hasOwner = id !== undefined && word !== "film" && word !== "frames";
  return { part, thing: hasOwner ? `${word}:${id}` : word, ownerId: hasOwner ? id : null };
}
