/**
 * The structure of an mp4, read from passing bytes: the sizes of its boxes must add up to the file,
 * the index (`moov`) and the media (`mdat`) must be there and whole.
 *
 * Source: ISO/IEC 14496-12, 4.2 (boxes) and 6.2 (their order).
 *
 * @module
 */
import { joinPieces } from "./download_reader.ts";
import { invalidFile } from "./probe_failure.ts";
import type { IntegrityCheck } from "./probe_integrity.ts";

/** Size and type, both 32 bits. */
const HEADER_BYTES = 8;

/** The same with a 64-bit size behind it, marked by a 32-bit size of 1. */
const LARGE_HEADER_BYTES = 16;

/** An hour of film has an index of about 5 MB. Larger ones are read again where they are needed. */
const MAX_KEPT_BYTES = 8_000_000;

interface Box {
  readonly type: string;
  readonly hasBody: boolean;
  /** Infinity for a last box that reaches to the end of the file. */
  leftBytes: number;
}

/** Makes the check of an mp4. Cost: one step a box and piece, none a byte. Keeps the index only. */
export function createMp4Check(): IntegrityCheck {
  const header = new Uint8Array(LARGE_HEADER_BYTES);
  const kept: Uint8Array<ArrayBuffer>[] = [];
  const seen = new Set<string>();
  let headerLength = 0;
  let keptBytes = 0;
  let box: Box | null = null;
  let isTail = false;

  const isPlayable = () => seen.has("moov") && seen.has("mdat");
  const keep = (type: string, bytes: Uint8Array) => {
    if (type !== "ftyp" && type !== "moov") return;
    keptBytes += bytes.byteLength;
    if (keptBytes <= MAX_KEPT_BYTES) kept.push(new Uint8Array(bytes));
  };
  const finish = (done: Box) => {
    if (done.type !== "mdat" || done.hasBody) seen.add(done.type);
    box = null;
    headerLength = 0;
  };

  return {
    write(piece) {
      let at = 0;
      while (at < piece.byteLength && !isTail) {
        if (box === null) {
          const wanted = headerSize(header, headerLength) - headerLength;
          const part = piece.subarray(at, at + wanted);
          header.set(part, headerLength);
          headerLength += part.byteLength;
          at += part.byteLength;
          if (headerLength < headerSize(header, headerLength)) continue;
          box = readHeader(header.subarray(0, headerLength));
          if (box === null) {
            // Some tools leave bytes of their own behind a finished film; players ignore them.
            if (!isPlayable()) throw invalidFile("truncated", "it is not a sequence of mp4 boxes");
            isTail = true;
            continue;
          }
          keep(box.type, header.subarray(0, headerLength));
        } else {
          const part = piece.subarray(at, at + Math.min(box.leftBytes, piece.byteLength - at));
          box.leftBytes -= part.byteLength;
          at += part.byteLength;
          keep(box.type, part);
        }
        if (box.leftBytes === 0) finish(box);
      }
    },
    end() {
      if (box?.leftBytes === Infinity) finish(box);
      if (box !== null) throw invalidFile("truncated", `it ends inside its "${box.type}" box`);
      if (headerLength > 0 && !isTail) throw invalidFile("truncated", "it ends between two boxes");
      if (!seen.has("moov")) throw invalidFile("truncated", "its index is missing");
      if (!seen.has("mdat")) throw invalidFile("truncated", "its media are missing");
    },
    mp4Header() {
      const isWhole = seen.has("moov") && !seen.has("moof") && keptBytes <= MAX_KEPT_BYTES;
      return isWhole ? joinPieces(kept) : null;
    },
  };
}

function headerSize(header: Uint8Array, length: number): number {
  return length >= HEADER_BYTES && new DataView(header.buffer).getUint32(0) === 1
    ? LARGE_HEADER_BYTES
    : HEADER_BYTES;
}

/** Null when the bytes can't begin a box. */
function readHeader(header: Uint8Array): Box | null {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const type = String.fromCharCode(...header.subarray(4, 8));
  const small = view.getUint32(0);
  const size = small === 1 ? Number(view.getBigUint64(8)) : small === 0 ? Infinity : small;
  const leftBytes = size - header.byteLength;
  return leftBytes >= 0 && /^[\x20-\x7e\xa9]{4}$/.test(type)
    ? { type, leftBytes, hasBody: leftBytes > 0 }
    : null;
}
