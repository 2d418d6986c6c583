/**
 * Whether a picture has its end.
 *
 * @module
 */
import { joinPieces } from "./download_reader.ts";
import { invalidFile } from "./probe_failure.ts";
import type { IntegrityCheck } from "./probe_integrity.ts";
import type { ImageExtension } from "./sniff.ts";

/**
 * Cameras and editors leave trailers behind the picture; the end mark must stand within this
 * distance.
 */
const TAIL_BYTES = 64 * 1024;

/** End of image. Within a picture's data, 0xff is always followed by 0x00 or a restart mark. */
const JPEG_END = [0xff, 0xd9];

/** The type and checksum of the empty last chunk. */
const PNG_END = [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

/** Makes the check of a picture. Keeps the last 64 KB at most. */
export function createImageCheck(extension: ImageExtension): IntegrityCheck {
  let tail = new Uint8Array(0);
  let sizeBytes = 0;
  let head = new Uint8Array(0);
  return {
    write(piece) {
      sizeBytes += piece.byteLength;
      if (head.byteLength < 8) head = joinPieces([head, piece.subarray(0, 8)]);
      tail = joinPieces([tail, piece]).slice(-TAIL_BYTES);
    },
    end() {
      const isWhole = extension === "webp"
        // RIFF: the size stands behind the first four bytes and does not count these eight.
        ? sizeBytes >= new DataView(head.buffer).getUint32(4, true) + 8
        : includes(tail, extension === "jpg" ? JPEG_END : PNG_END);
      if (!isWhole) throw invalidFile("truncated", "the end of the picture is missing");
    },
    mp4Header: () => null,
  };
}

function includes(bytes: Uint8Array, mark: readonly number[]): boolean {
  const [first = 0] = mark;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (mark.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}
