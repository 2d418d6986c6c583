/**
 * Whether a file is whole, found out while its bytes pass by: a file that was cut off at the
 * provider has a right length and a right beginning, and only its structure shows that the end is
 * missing.
 *
 * @module
 */
import { createImageCheck } from "./probe_image_end.ts";
import { createMp4Check } from "./probe_mp4_boxes.ts";
import type { MediaType } from "./sniff.ts";

/**
 * Looks at a file as it passes. `write` and `end` throw `RESULT_INVALID` when it can't be whole.
 */
export interface IntegrityCheck {
  /** Takes the next bytes, in pieces of any size. */
  write(piece: Uint8Array): void;
  /** To be called after the last byte. */
  end(): void;
  /**
   * After `end`: what `probeMp4` needs to know of an mp4 with one index; null for all other files.
   */
  mp4Header(): Uint8Array<ArrayBuffer> | null;
}

/** Makes the check for a type. Sound is not checked: its length is measured by those who use it. */
export function createIntegrityCheck(type: MediaType): IntegrityCheck {
  if (type.extension === "mp4") return createMp4Check();
  if (type.kind === "image") return createImageCheck(type.extension);
  return { write: () => {}, end: () => {}, mp4Header: () => null };
}
