/**
 * Which way up a picture is to be shown: the one fact of EXIF that a picture can't do without.
 * Source: CIPA DC-008 (EXIF 2.32), 4.6.4 tag 0x0112; TIFF 6.0, section 2.
 *
 * @module
 */

/** 1 is as stored; 5 to 8 lie on their side, so that width and height change places. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 0x0112;
const SHORT = 3;

/** Reads it from EXIF's TIFF structure (without `Exif\0\0`); 1 when it is not there or not readable. */
export function readOrientation(tiff: Uint8Array): Orientation {
  try {
    const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
    const order = view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) return 1;
    const isLittle = order === 0x4949;
    const start = view.getUint32(4, isLittle);
    const count = view.getUint16(start, isLittle);
    for (let index = 0; index < count; index++) {
      const at = start + 2 + index * 12;
      if (view.getUint16(at, isLittle) !== TAG) continue;
      const value = view.getUint16(at + 2, isLittle) === SHORT
        ? view.getUint16(at + 8, isLittle)
        : 1;
      return value >= 1 && value <= 8 ? value as Orientation : 1;
    }
  } catch (cause) {
    // The view throws where the bytes end.
    if (!(cause instanceof RangeError)) throw cause;
  }
  return 1;
}

/** Gives EXIF's TIFF structure with this one tag and nothing else: 26 bytes. */
export function orientationTiff(orientation: Orientation): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(26));
  view.setUint32(0, 0x4d4d002a);
  view.setUint32(4, 8);
  view.setUint16(8, 1);
  view.setUint16(10, TAG);
  view.setUint16(12, SHORT);
  view.setUint32(14, 1);
  view.setUint16(18, orientation);
  return new Uint8Array(view.buffer);
}

/** Gives width and height as the picture is to be shown. */
export function shownSize(
  { width, height }: { width: number; height: number },
  orientation: Orientation,
): { width: number; height: number } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
