/**
 * What a file is, by its first bytes. Names and `Content-Type` headers are the sender's claim and
 * are never looked at.
 *
 * @module
 */

/** What a file is for. */
export type MediaKind = "image" | "video" | "audio";

/** Extensions of the pictures we take. */
export type ImageExtension = "jpg" | "png" | "webp";

/** A kind of file we take. */
export type MediaType =
  | {
    readonly kind: "image";
    readonly contentType: "image/jpeg" | "image/png" | "image/webp";
    readonly extension: ImageExtension;
  }
  | {
    readonly kind: "video";
    readonly contentType: "video/mp4" | "video/webm";
    readonly extension: "mp4" | "webm";
  }
  | {
    readonly kind: "audio";
    readonly contentType: "audio/mpeg" | "audio/wav" | "audio/ogg";
    readonly extension: "mp3" | "wav" | "ogg";
  };

/** As many first bytes as decide every type; fewer do for a shorter file. */
export const SNIFF_BYTES = 64;

/**
 * Major brands that use the mp4 container for something else than a film that browsers play: still
 * pictures, sound only, QuickTime. Source: mp4ra.org, registered brands, read 2026-11.
 */
const OTHER_BRANDS = new Set([
  "avif",
  "avis",
  "crx ",
  "heic",
  "heim",
  "heis",
  "heix",
  "hevc",
  "hevx",
  "jp2 ",
  "M4A ",
  "M4B ",
  "M4P ",
  "mif1",
  "msf1",
  "qt  ",
]);

/** Tells what a file is from its first bytes, or gives null when it is nothing we take. */
export function sniffMedia(head: Uint8Array): MediaType | null {
  if (startsWith(head, [0xff, 0xd8, 0xff])) {
    return { kind: "image", contentType: "image/jpeg", extension: "jpg" };
  }
  if (startsWith(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
    return { kind: "image", contentType: "image/png", extension: "png" };
  }
  if (ascii(head, 0, 4) === "RIFF" && ascii(head, 8, 12) === "WEBP") {
    return { kind: "image", contentType: "image/webp", extension: "webp" };
  }
  if (ascii(head, 4, 8) === "ftyp" && head.length >= 12 && !OTHER_BRANDS.has(ascii(head, 8, 12))) {
    return { kind: "video", contentType: "video/mp4", extension: "mp4" };
  }
  // An EBML header names its document type within its first few elements.
  if (startsWith(head, [0x1a, 0x45, 0xdf, 0xa3]) && ascii(head, 4, SNIFF_BYTES).includes("webm")) {
    return { kind: "video", contentType: "video/webm", extension: "webm" };
  }
  if (ascii(head, 0, 3) === "ID3" || isMp3Frame(head)) {
    return { kind: "audio", contentType: "audio/mpeg", extension: "mp3" };
  }
  if (ascii(head, 0, 4) === "RIFF" && ascii(head, 8, 12) === "WAVE") {
    return { kind: "audio", contentType: "audio/wav", extension: "wav" };
  }
  if (ascii(head, 0, 4) === "OggS") {
    return { kind: "audio", contentType: "audio/ogg", extension: "ogg" };
  }
  return null;
}

/**
 * An MPEG audio header of layer III whose version, bit rate and sample rate are not reserved
 * values.
 */
function isMp3Frame(head: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = head;
  const isLayer3 = first === 0xff && (second & 0xe6) === 0xe2 && (second & 0x18) !== 0x08;
  const bitRateIndex = third >> 4;
  return isLayer3 && bitRateIndex !== 0 && bitRateIndex !== 15 && (third & 0x0c) !== 0x0c;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
