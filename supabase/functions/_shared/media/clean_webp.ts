/**
 * A WebP without what it says about its owner: only the chunks of the still picture are kept.
 * Source: RFC 9649, sections 2.3 to 2.7.
 *
 * @module
 */
import type { CleanedParts } from "./clean_picture.ts";
import { isIccProfile } from "./icc_profile.ts";
import { type Orientation, orientationTiff, readOrientation } from "./orientation.ts";
import { assertPictureSize, refusePicture } from "./refuse_picture.ts";

const RIFF_HEADER_BYTES = 12;

/** Bits of VP8X's first byte. */
const HAS_PROFILE = 0x20, HAS_ALPHA = 0x10, HAS_EXIF = 0x08;

/**
 * Takes the picture apart. Kept: pixels, transparency, an ICC profile that is one. Dropped: EXIF but for the
 * orientation, XMP, unknown chunks, and whatever stands behind the end. Errors: `IMAGE_INVALID`, also for
 * animations.
 */
export function cleanWebp(bytes: Uint8Array): CleanedParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length < RIFF_HEADER_BYTES ? Infinity : 8 + view.getUint32(4, true);
  if (end > bytes.length) throw refusePicture("truncated", "its end is missing");
  const chunks = new Map<string, Uint8Array>();
  let orientation: Orientation = 1;
  for (let at = RIFF_HEADER_BYTES; at + 8 <= end;) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > end) throw refusePicture("truncated", "its end is missing");
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (type === "ANIM" || type === "ANMF") {
      throw refusePicture("animated", "it is an animation, and a still picture is needed");
    }
    if (type === "EXIF") orientation = readOrientation(withoutName(content));
    // Of each kind the first one counts.
    if (!chunks.has(type)) chunks.set(type, content);
    at += 8 + length + length % 2;
  }
  const lossless = chunks.get("VP8L");
  const pixels = lossless ?? chunks.get("VP8 ");
  const size = lossless === undefined ? lossySize(pixels) : losslessSize(lossless);
  if (pixels === undefined || size === null) {
    throw refusePicture("unreadable", "it holds no picture");
  }
  assertPictureSize(size);
  const canvas = chunks.get("VP8X");
  if (canvas !== undefined && !isCanvasOf(canvas, size)) {
    throw refusePicture("unreadable", "its picture and its canvas differ in size");
  }
  return { parts: assemble(chunks, { size, orientation }), size, orientation };
}

function assemble(
  chunks: ReadonlyMap<string, Uint8Array>,
  { size, orientation }: Pick<CleanedParts, "size" | "orientation">,
): Uint8Array[] {
  const isExtended = chunks.has("VP8X");
  const profile = chunks.get("ICCP");
  const hasProfile = isExtended && profile !== undefined && isIccProfile(profile);
  const alpha = isExtended && !chunks.has("VP8L") ? chunks.get("ALPH") : undefined;
  // The fifth byte's bit of a lossless picture says whether its alpha is used.
  const hasAlpha = alpha !== undefined || ((chunks.get("VP8L")?.[4] ?? 0) & 0x10) !== 0;
  const hasExif = orientation !== 1;
  const parts: Uint8Array[] = [];
  if (isExtended || hasExif) {
    const flags = (hasProfile ? HAS_PROFILE : 0) | (hasExif ? HAS_EXIF : 0) |
      (hasAlpha ? HAS_ALPHA : 0);
    parts.push(chunk("VP8X", canvasOf(size, flags)));
  }
  if (hasProfile) parts.push(chunk("ICCP", profile));
  if (alpha !== undefined) parts.push(chunk("ALPH", alpha));
  for (const type of chunks.has("VP8L") ? ["VP8L"] : ["VP8 "]) {
    parts.push(chunk(type, chunks.get(type) ?? new Uint8Array()));
  }
  if (hasExif) parts.push(chunk("EXIF", orientationTiff(orientation)));
  const header = new Uint8Array(RIFF_HEADER_BYTES);
  header.set([0x52, 0x49, 0x46, 0x46], 0);
  header.set([0x57, 0x45, 0x42, 0x50], 8);
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 4);
  new DataView(header.buffer).setUint32(4, sizeBytes, true);
  return [header, ...parts];
}

/** Type, length and content, with the byte that makes its length even. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + content.length + content.length % 2);
  for (let at = 0; at < 4; at++) bytes[at] = type.charCodeAt(at);
  new DataView(bytes.buffer).setUint32(4, content.length, true);
  bytes.set(content, 8);
  return bytes;
}

/** Some writers put JPEG's name before the structure. */
function withoutName(exif: Uint8Array): Uint8Array {
  return String.fromCharCode(...exif.subarray(0, 4)) === "Exif" ? exif.subarray(6) : exif;
}

function lossySize(frame: Uint8Array | undefined): { width: number; height: number } | null {
  if (frame === undefined || frame.length < 10) return null;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const isKeyFrame = (view.getUint8(0) & 1) === 0 && view.getUint8(3) === 0x9d &&
    view.getUint16(4) === 0x012a;
  // The first partition's length stands in 19 bits behind the flags (RFC 6386, 9.1).
  const firstPartBytes = (view.getUint16(0, true) | view.getUint8(2) << 16) >>> 5;
  if (!isKeyFrame || 10 + firstPartBytes > frame.length) return null;
  return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
}

function losslessSize(stream: Uint8Array): { width: number; height: number } | null {
  if (stream.length < 5 || stream[0] !== 0x2f) return null;
  const bits = new DataView(stream.buffer, stream.byteOffset, stream.byteLength)
    .getUint32(1, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

function isCanvasOf(canvas: Uint8Array, { width, height }: CleanedParts["size"]): boolean {
  if (canvas.length < 10) return false;
  const view = new DataView(canvas.buffer, canvas.byteOffset, canvas.byteLength);
  return (view.getUint32(4, true) & 0xffffff) === width - 1 &&
    (view.getUint32(6, true) >>> 8) === height - 1;
}

function canvasOf({ width, height }: CleanedParts["size"], flags: number): Uint8Array {
  const canvas = new Uint8Array(10);
  const view = new DataView(canvas.buffer);
  view.setUint16(4, (width - 1) & 0xffff, true);
  view.setUint8(6, (width - 1) >>> 16);
  view.setUint16(7, (height - 1) & 0xffff, true);
  view.setUint8(9, (height - 1) >>> 16);
  view.setUint8(0, flags);
  return canvas;
}
