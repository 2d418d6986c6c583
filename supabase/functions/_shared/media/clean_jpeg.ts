/**
 * A JPEG without what it says about its owner: segments are kept or dropped, pixels are not touched.
 * Source: ITU-T T.81, B.1 to B.2; JFIF 1.02; ICC.1:2022, B.4; Adobe TN 5116, section 18.
 *
 * @module
 */
import type { CleanedParts } from "./clean_picture.ts";
import { joinPieces } from "./download_reader.ts";
import { isIccProfile } from "./icc_profile.ts";
import { type Orientation, orientationTiff, readOrientation } from "./orientation.ts";
import { assertPictureSize, refusePicture } from "./refuse_picture.ts";

const EOI = 0xd9;
const SOS = 0xda;

/** Huffman and quantization tables, and the restart interval. */
const TABLES = new Set([0xc4, 0xdb, 0xdd]);

/** Baseline, extended and progressive, all of Huffman codes: what browsers and models decode. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2]);

/** Lossless, hierarchical and arithmetic ones, and what only belongs to them. */
const OTHER_FRAMES = new Set([
  ...[0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf],
  ...[0xde, 0xdf],
]);

/** Encoders write about ten. A decoder goes through the whole picture for each. */
const MAX_SCANS = 100;

/** Before a part of the profile: marker, length, `ICC_PROFILE\0`, its number from 1, and how many there are. */
const PROFILE_HEAD_BYTES = 18;

/** Adobe's segment: marker, length, name, version, two words of flags, and the colour transform. */
const ADOBE_BYTES = 16;

/**
 * Takes the picture apart. Kept: tables, frame, scans, JFIF's density, an ICC profile that is one, Adobe's colour
 * transform. Dropped: EXIF but for the orientation, XMP, IPTC, comments, previews, and whatever stands
 * behind the end. Errors: `IMAGE_INVALID`.
 */
export function cleanJpeg(bytes: Uint8Array): CleanedParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  const profile: Uint8Array[] = [];
  let jfif: Uint8Array | null = null;
  let adobe: Uint8Array | null = null;
  let orientation: Orientation | null = null;
  let size: { width: number; height: number } | null = null;
  let scanCount = 0;

  for (let at = 2;;) {
    const marker = markerAt(bytes, at);
    if (marker.code === EOI) break;
    const { code } = marker;
    at = marker.at;
    if (OTHER_FRAMES.has(code)) {
      throw refusePicture("unreadable", "it is a kind of JPEG that few programs can decode");
    }
    if (code < 0xc0 || (code >= 0xd0 && code <= 0xd8)) {
      throw refusePicture("unreadable", "a segment stands where none may");
    }
    if (at + 4 > bytes.length) throw truncated();
    const end = at + 2 + view.getUint16(at + 2);
    if (end < at + 4) throw refusePicture("unreadable", "a segment has no length");
    if (end > bytes.length) throw truncated();
    const segment = bytes.subarray(at, end);
    at = end;
    if (FRAMES.has(code)) {
      if (size !== null) throw refusePicture("unreadable", "it holds more than one picture");
      size = frameSize(segment);
    } else if (code === SOS) {
      if (size === null) throw refusePicture("unreadable", "its width and height are missing");
      if (++scanCount > MAX_SCANS) {
        throw refusePicture("unreadable", `it has more than ${MAX_SCANS} scans`);
      }
      at = scanEnd(bytes, end);
      kept.push(bytes.subarray(end - segment.length, at));
      continue;
    } else if (code >= 0xe0 && code <= 0xef) {
      if (code === 0xe0 && beginsWith(segment, "JFIF\0") && segment.length >= 16) {
        jfif ??= withoutThumbnail(segment);
      }
      if (code === 0xe1 && beginsWith(segment, "Exif\0\0")) {
        orientation ??= readOrientation(segment.subarray(10));
      }
      if (code === 0xe2 && beginsWith(segment, "ICC_PROFILE\0")) profile.push(segment);
      if (code === 0xee && beginsWith(segment, "Adobe") && segment.length >= ADOBE_BYTES) {
        adobe ??= withoutRest(segment);
      }
      continue;
    } else if (!TABLES.has(code)) continue;
    kept.push(segment);
  }
  if (size === null || scanCount === 0) {
    throw refusePicture("unreadable", "it holds no picture");
  }
  return {
    parts: [
      new Uint8Array([0xff, 0xd8]),
      ...(jfif === null ? [] : [jfif]),
      ...(orientation === null || orientation === 1 ? [] : [exifSegment(orientation)]),
      ...(adobe === null ? [] : [adobe]),
      ...wholeProfile(profile),
      ...kept,
      new Uint8Array([0xff, EOI]),
    ],
    size,
    orientation: orientation ?? 1,
  };
}

/** The marker here, behind any fill bytes. */
function markerAt(bytes: Uint8Array, from: number): { at: number; code: number } {
  let at = from;
  // Fill bytes may stand before any marker.
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
  const [first, code] = [bytes[at], bytes[at + 1]];
  if (first === undefined || code === undefined) throw truncated();
  if (first !== 0xff) throw refusePicture("unreadable", "a segment does not begin where it should");
  return { at, code };
}

function frameSize(segment: Uint8Array): { width: number; height: number } {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const componentCount = segment.length >= 10 ? view.getUint8(9) : 0;
  const isUsual = [1, 3, 4].includes(componentCount) && segment.length === 10 + 3 * componentCount;
  if (!isUsual || view.getUint8(4) !== 8) {
    throw refusePicture("unreadable", "it is a kind of JPEG that few programs can decode");
  }
  const size = { width: view.getUint16(7), height: view.getUint16(5) };
  assertPictureSize(size);
  return size;
}

/** Where the marker behind coded data stands: 0xff in it is followed by 0x00 or is a restart mark. */
function scanEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1];
    if (code === undefined) break;
    const isData = code === 0 || code === 0xff || (code >= 0xd0 && code <= 0xd7);
    if (!isData) return at;
  }
  throw truncated();
}

/** Version, unit and density alone. */
function withoutThumbnail(segment: Uint8Array): Uint8Array {
  const jfif = segment.slice(0, 18);
  return Uint8Array.from([...jfif.subarray(0, 2), 0, 16, ...jfif.subarray(4, 16), 0, 0]);
}

/** Some programs put words of their own behind the transform. */
function withoutRest(segment: Uint8Array): Uint8Array {
  const adobe = segment.slice(0, ADOBE_BYTES);
  adobe.set([0, ADOBE_BYTES - 2], 2);
  return adobe;
}

/** The parts in their order, or none when they are not one profile and nothing else. */
function wholeProfile(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const inOrder = parts.toSorted((a, b) => (a[16] ?? 0) - (b[16] ?? 0));
  const isWhole = inOrder.every((part, at) => part[16] === at + 1 && part[17] === parts.length);
  const content = inOrder.map((part) => part.subarray(PROFILE_HEAD_BYTES));
  return isWhole && isIccProfile(joinPieces(content)) ? inOrder : [];
}

function exifSegment(orientation: Orientation): Uint8Array {
  const tiff = orientationTiff(orientation);
  const name = [0x45, 0x78, 0x69, 0x66, 0, 0];
  return Uint8Array.from([0xff, 0xe1, 0, 2 + name.length + tiff.length, ...name, ...tiff]);
}

/** Whether a segment's content begins with this text. */
function beginsWith(segment: Uint8Array, text: string): boolean {
  return Array.from(text).every((character, at) => segment[4 + at] === character.charCodeAt(0));
}

function truncated() {
  return refusePicture("truncated", "its end is missing");
}
