/**
 * The size of a picture from its first bytes, and whether it is one we can handle. Nothing is
 * decoded, so a small file that unpacks to gigapixels is refused at no cost.
 *
 * @module
 */
import { invalidFile } from "./probe_failure.ts";
import { type ImageExtension, sniffMedia } from "./sniff.ts";

/** Pixels, as stored: a turn asked for by EXIF is not applied. */
export interface ImageSize {
  /** Of a row. */
  readonly width: number;
  /** Of a column. */
  readonly height: number;
}

/** A picture's type and size. */
export interface ImageFacts extends ImageSize {
  /** By its bytes. */
  readonly extension: ImageExtension;
}

/** Previews and colour profiles of up to 64 KB each stand before the size in photos from phones. */
export const IMAGE_HEAD_BYTES = 256 * 1024;

/** The largest side that every provider's image-to-video model takes, and then some. */
const MAX_SIDE = 8192;

/** 200 MB once unpacked to RGBA, which phones' 48 megapixels need: nearly an Edge Function's memory. */
const MAX_PIXELS = 50_000_000;

/**
 * Tells a picture's type and size from its first {@link IMAGE_HEAD_BYTES} (or all, if it has less).
 *
 * Errors: `RESULT_INVALID` with `details.reason` `wrong_type`, `unreadable` (no size in these
 * bytes) or `dimensions` (a side of 0 or over 8192 pixels, or over 50 megapixels).
 */
export function probeImage(head: Uint8Array): ImageFacts {
  const extension = sniffMedia(head)?.extension;
  const read = extension === "jpg"
    ? jpegSize
    : extension === "png"
    ? pngSize
    : extension === "webp"
    ? webpSize
    : null;
  if (read === null) throw invalidFile("wrong_type", "it is not a jpeg, png or webp");
  let size: ImageSize | null;
  try {
    size = read(new DataView(head.buffer, head.byteOffset, head.byteLength));
  } catch (cause) {
    // The view throws where the bytes end.
    if (!(cause instanceof RangeError)) throw cause;
    size = null;
  }
  if (size === null) throw invalidFile("unreadable", "its width and height can't be read");
  const { width, height } = size;
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE) {
    throw invalidFile("dimensions", `${width}x${height} pixels are not within 1 to ${MAX_SIDE}`);
  }
  if (width * height > MAX_PIXELS) {
    throw invalidFile("dimensions", `${width}x${height} pixels are more than ${MAX_PIXELS}`);
  }
  return { extension: extension as ImageExtension, width, height };
}

/** Source: PNG specification, 11.2.2 IHDR. */
function pngSize(view: DataView): ImageSize | null {
  if (view.getUint32(12) !== 0x49484452) return null;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Source: ITU-T T.81, B.1 and B.2.2: segments up to the frame header. */
function jpegSize(view: DataView): ImageSize | null {
  for (let at = 2;;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    // Fill bytes may stand before any marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    const length = view.getUint16(at + 2);
    if (marker === 0xd9 || marker === 0xda || length < 2) return null;
    at += 2 + length;
  }
}

/** Source: RFC 9649, 2.5 to 2.7. */
function webpSize(view: DataView): ImageSize | null {
  switch (view.getUint32(12)) {
    case 0x56503820: { // "VP8 "
      const isKeyFrame = view.getUint8(23) === 0x9d && view.getUint16(24) === 0x012a;
      return isKeyFrame
        ? { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
        : null;
    }
    case 0x5650384c: { // "VP8L"
      if (view.getUint8(20) !== 0x2f) return null;
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503858: // "VP8X"
      return {
        width: 1 + (view.getUint32(24, true) & 0xffffff),
        height: 1 + (view.getUint32(27, true) & 0xffffff),
      };
    default:
      return null;
  }
}
