/**
 * What went wrong in a production that ended without what it was for.
 *
 * @module
 */
import type { StudioError } from "../../../shared/client/studio_error.ts";
import { type FilmFailure, reasonOf } from "./film_error.ts";
import { type FilmPart, readChildKey } from "./film_parts.ts";
import type { LookedJob, ProductionLook } from "./production_look.ts";

/** Parts by what a production works on. */
const PARTS: Readonly<Record<string, FilmPart>> = {
  script: "script",
  scenes: "script",
  characters: "cast",
  confirmation: "cast",
  frames: "shots",
  audio: "narration",
  images: "images",
  videos: "clips",
  film: "film",
};

/** An answer that refused the film. */
export function refusedClick({ code, message, details }: StudioError): FilmFailure {
  return { stage: "script", scene: null, shot: null, character: null, code, message, details };
}

/**
 * What failed, in the order in which it began: what was made at a second try is left out, and of several tries
 * the last one counts. A production that no child failed says why itself.
 */
export function failuresOf(look: ProductionLook): FilmFailure[] {
  const last = new Map<string, LookedJob>();
  for (const child of look.children) {
    last.set(readChildKey(child.child_key)?.thing ?? child.id, child);
  }
  const failures = [...last.values()].filter(({ state }) => state === "failed").flatMap((child) => {
    const name = readChildKey(child.child_key);
    return name === null
      ? []
      : [{ stage: name.part, ...ownerOf(look, name.ownerId), ...reasonOf(child.error) }];
  });
  if (failures.length > 0) return failures;
  const stage = PARTS[look.job.stage ?? "script"] ?? "film";
  return [{ stage, ...NOBODY, ...reasonOf(look.job.error) }];
}

const NOBODY = { scene: null, shot: null, character: null } as const;

function ownerOf(
  { scenes, frames, characters }: ProductionLook,
  ownerId: string | null,
): Pick<FilmFailure, "scene" | "shot" | "character"> {
  const frame = frames.find(({ id }) => id === ownerId);
  const scene = scenes.find(({ id }) => id === (frame?.scene_id ?? ownerId));
  const character = characters.find(({ id }) => id === ownerId);
  return {
    scene: scene === undefined ? null : { index: scene.index, title: scene.title },
    shot: frame?.index ?? null,
    character: character?.name ?? null,
  };
}
