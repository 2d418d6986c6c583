/**
 * The pages of an Ogg stream: read and checked, and changed in place.
 *
 * Source: RFC 3533 §6.
 *
 * @module
 */
import { AppError } from "../app_error.ts";

/** One page. */
export interface OggPage {
  /** The whole page as in the file, header included; a view. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Which of several streams in the file it is of. */
  readonly serial: number;
  /** Samples up to the last packet that ends here, as the codec counts them; null when none ends here. */
  readonly granule: number | null;
  /** True on the stream's first page. */
  readonly isFirst: boolean;
  /** True on the stream's last page. */
  readonly isLast: boolean;
  /** True when it begins with the rest of the packet before it. */
  readonly isContinued: boolean;
  /** Pieces of packets in order; `ends` tells whether the packet ends with the piece. */
  readonly pieces: readonly { readonly data: Uint8Array; readonly ends: boolean }[];
}

/** Bytes before the segment table. */
const HEADER_BYTES = 27;

/** A segment of this length is followed by another one of the same packet. */
const FULL_SEGMENT = 255;

/** What a page says that ends no packet: all bits of the 64. */
const NO_GRANULE = -1n;

/**
 * Reads all pages. Errors: `RESULT_INVALID` when the file does not consist of whole pages, or one's checksum
 * is wrong.
 */
export function readOggPages(file: Uint8Array<ArrayBuffer>): OggPage[] {
  const pages: OggPage[] = [];
  for (let at = 0; at < file.byteLength;) {
    const page = readPage(file.subarray(at));
    pages.push(page);
    at += page.bytes.byteLength;
  }
  return pages;
}

function readPage(rest: Uint8Array<ArrayBuffer>): OggPage {
  const view = viewOf(rest);
  // "OggS" and version 0.
  if (rest.byteLength < HEADER_BYTES || view.getUint32(0) !== 0x4f676753 || rest[4] !== 0) {
    throw invalid("it does not consist of pages");
  }
  const flags = view.getUint8(5);
  const segments = rest.subarray(HEADER_BYTES, HEADER_BYTES + view.getUint8(26));
  const bodyBytes = segments.reduce((sum, length) => sum + length, 0);
  const end = HEADER_BYTES + view.getUint8(26) + bodyBytes;
  if (rest.byteLength < end) throw invalid("it is cut off");
  const bytes = rest.subarray(0, end);
  if (view.getUint32(22, true) !== checksum(bytes)) throw invalid("a page's checksum is wrong");
  const granule = view.getBigInt64(6, true);
  return {
    bytes,
    serial: view.getUint32(14, true),
    granule: granule === NO_GRANULE ? null : Number(granule),
    isFirst: (flags & 2) !== 0,
    isLast: (flags & 4) !== 0,
    isContinued: (flags & 1) !== 0,
    pieces: readPieces(bytes, segments),
  };
}

function readPieces(bytes: Uint8Array, segments: Uint8Array): OggPage["pieces"] {
  const pieces: { data: Uint8Array; ends: boolean }[] = [];
  let from = HEADER_BYTES + segments.byteLength;
  let to = from;
  for (const [index, length] of segments.entries()) {
    to += length;
    const ends = length < FULL_SEGMENT;
    if (!ends && index < segments.byteLength - 1) continue;
    pieces.push({ data: bytes.subarray(from, to), ends });
    from = to;
  }
  return pieces;
}

/** Where a page stands in its stream. */
export interface OggPlace {
  /** The stream. */
  readonly serial: number;
  /** Pages before it. */
  readonly sequence: number;
  /** As in {@link OggPage}. */
  readonly granule: number | null;
  /** As in {@link OggPage}. */
  readonly isLast: boolean;
}

/** Gives a copy of a page at another place. It is the first page of its stream only if it was before. */
export function placeOggPage(page: OggPage, place: OggPlace): Uint8Array<ArrayBuffer> {
  const bytes = page.bytes.slice();
  const view = viewOf(bytes);
  view.setUint8(5, (page.isContinued ? 1 : 0) | (page.isFirst ? 2 : 0) | (place.isLast ? 4 : 0));
  view.setBigInt64(6, place.granule === null ? NO_GRANULE : BigInt(place.granule), true);
  view.setUint32(14, place.serial, true);
  view.setUint32(18, place.sequence, true);
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

/** One step of the CRC for each value of a byte: polynomial 0x04c11db7, not reflected, from zero. */
const CRC_STEPS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc << 1 ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc >>> 0;
});

/** Of a page, the checksum's own four bytes counted as zero. */
function checksum(page: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < page.byteLength; at++) {
    const byte = at >= 22 && at < 26 ? 0 : page[at] ?? 0;
    crc = (crc << 8 ^ (CRC_STEPS[crc >>> 24 ^ byte] ?? 0)) >>> 0;
  }
  return crc;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalid(why: string): AppError {
  return new AppError("RESULT_INVALID", `Cannot read Ogg: ${why}`);
}
