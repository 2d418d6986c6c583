/**
 * Which way up a picture is to be filmed. Renderers turn a photo as browsers do; the rasteriser does not.
 *
 * @module
 */
import { type Orientation, readOrientation } from "../../functions/_shared/media/orientation.ts";
import type { ImageExtension } from "../../functions/_shared/media/sniff.ts";

/** What stands before EXIF's structure, and how far behind the name's beginning that is. */
const NAMES: Readonly<Record<ImageExtension, readonly [name: string, bytes: number]>> = {
  jpg: ["Exif\0\0", 6],
  png: ["eXIf", 4],
  webp: ["EXIF", 8],
};

/** Finds the orientation in a jpeg, png or webp; 1 when it has none. */
export function findOrientation(image: Uint8Array, extension: ImageExtension): Orientation {
  const [name, bytes] = NAMES[extension];
  const at = new TextDecoder("latin1").decode(image).indexOf(name);
  return at === -1 ? 1 : readOrientation(image.subarray(at + bytes));
}

/** Gives SVG's transform that turns a picture, as stored, into a frame of this size. */
export function turn(orientation: Orientation, width: number, height: number): string {
  switch (orientation) {
    case 1:
      return "matrix(1 0 0 1 0 0)";
    case 2:
      return `matrix(-1 0 0 1 ${width} 0)`;
    case 3:
      return `matrix(-1 0 0 -1 ${width} ${height})`;
    case 4:
      return `matrix(1 0 0 -1 0 ${height})`;
    case 5:
      return "matrix(0 1 1 0 0 0)";
    case 6:
      return `matrix(0 1 -1 0 ${width} 0)`;
    case 7:
      return `matrix(0 -1 -1 0 ${width} ${height})`;
    case 8:
      return `matrix(0 -1 1 0 0 ${height})`;
  }
}
