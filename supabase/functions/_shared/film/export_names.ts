/**
 * Names of files in an export, from titles people wrote: safe on every system, and still to be recognised.
 *
 * @module
 */

/** Long enough to tell scenes apart, short enough for old systems' paths. */
const MAX_NAME_CHARS = 40;

/** Windows keeps these for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * Folds a title to `a-z`, `0-9` and single hyphens: accents fall, other scripts are left out. Gives `otherwise` where
 * nothing is left. Never empty, never with a dot, slash or space.
 */
export function fileName(title: string, otherwise: string): string {
  const folded = title.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase()
    .replace(/\u00df/g, "ss").replace(/\u00e6/g, "ae").replace(/\u00f8/g, "o")
    .replace(/['\u2019]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "")
    .slice(0, MAX_NAME_CHARS).replace(/-+$/, "");
  return folded === "" || RESERVED.test(folded) ? otherwise : folded;
}

/** Gives the file ending of a URL in our Storage, without the dot; `otherwise` where it has none that is known. */
export function fileEnding(url: string, otherwise: string): string {
  const ending = /\.(jpg|png|webp|mp4|webm|mp3|wav|ogg)$/i.exec(new URL(url).pathname)?.[1];
  return ending?.toLowerCase() ?? otherwise;
}
