/**
 * A PNG without what it says about its owner: only the chunks that decide how its pixels look are kept.
 * Source: W3C PNG specification, third edition, sections 5, 7 and 11.
 *
 * @module
 */
import type { CleanedParts } from "./clean_picture.ts";
import { crc32 } from "./crc32.ts";
import { joinPieces } from "./download_reader.ts";
import { isIccProfile, MAX_PROFILE_BYTES } from "./icc_profile.ts";
import { type Orientation, orientationTiff, readOrientation } from "./orientation.ts";
import { assertPngPixels, readPngHeader, unpack } from "./png_pixels.ts";
import { refusePicture } from "./refuse_picture.ts";

/** Size, colours, transparency and density. No text, time, animation or private chunks. */
const KEPT = new Set([
  ...["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT"],
  "pHYs",
]);

/** Of a packed profile. Those of cameras and screens have 0.5 to 4 KB before they are packed. */
const MAX_PACKED_BYTES = 64 * 1024;

const SIGNATURE_BYTES = 8;

/**
 * Takes the picture apart; its pixels are unpacked once, piece by piece, to see that there are as many as the
 * header says. An animation becomes its still picture. Whatever stands behind the end is dropped. Errors:
 * `IMAGE_INVALID`.
 */
export async function cleanPng(bytes: Uint8Array): Promise<CleanedParts> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  const data: Uint8Array[] = [];
  let header: ReturnType<typeof readPngHeader> | null = null;
  let orientation: Orientation = 1;
  let hasPalette = false;
  let hasProfile = false;
  let beforeData = 0;

  for (let at = SIGNATURE_BYTES, isEnd = false; !isEnd;) {
    if (at + 12 > bytes.length) throw refusePicture("truncated", "its end is missing");
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) throw refusePicture("truncated", "its end is missing");
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, end - 4);
    const chunk = bytes.subarray(at, end);
    at = end;
    isEnd = type === "IEND";
    if ((type === "IHDR") !== (header === null)) {
      throw refusePicture("unreadable", "its header is missing or there twice");
    }
    if (type === "eXIf") orientation = readOrientation(content);
    if (!KEPT.has(type)) continue;
    if (type === "iCCP" && (hasProfile || !await holdsProfile(content))) continue;
    if (crc32(chunk.subarray(4, -4)) !== view.getUint32(end - 4)) {
      throw refusePicture("unreadable", `the sum of its chunk ${type} is wrong`);
    }
    if (type === "IHDR") header = readPngHeader(content);
    if (type === "PLTE") hasPalette = true;
    if (type === "iCCP") hasProfile = true;
    if (type === "IDAT") {
      if (data.length === 0) beforeData = parts.length;
      data.push(content);
    }
    parts.push(chunk);
  }
  if (header === null || data.length === 0 || (header.needsPalette && !hasPalette)) {
    throw refusePicture("unreadable", "it holds no picture");
  }
  await assertPngPixels(data, header.pixelBytes);
  if (orientation !== 1) parts.splice(beforeData, 0, exifChunk(orientation));
  return { parts, size: header, orientation };
}

/** Whether iCCP's content is a name, the one way of packing, and a profile. */
async function holdsProfile(content: Uint8Array): Promise<boolean> {
  const nameEnd = content.indexOf(0);
  const isNamed = nameEnd >= 1 && nameEnd <= 79 && content[nameEnd + 1] === 0;
  if (!isNamed || content.length > MAX_PACKED_BYTES) return false;
  const profile: Uint8Array[] = [];
  let unpacked = 0;
  try {
    for await (const piece of unpack([content.subarray(nameEnd + 2)])) {
      unpacked += piece.byteLength;
      if (unpacked > MAX_PROFILE_BYTES) return false;
      profile.push(piece);
    }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return false;
  }
  return isIccProfile(joinPieces(profile));
}

/** Behind the pixels some programs no longer look for it, so it stands before them. */
function exifChunk(orientation: Orientation): Uint8Array {
  const tiff = orientationTiff(orientation);
  const chunk = new Uint8Array(12 + tiff.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, tiff.length);
  chunk.set([0x65, 0x58, 0x49, 0x66], 4);
  chunk.set(tiff, 8);
  view.setUint32(8 + tiff.length, crc32(chunk.subarray(4, -4)));
  return chunk;
}
