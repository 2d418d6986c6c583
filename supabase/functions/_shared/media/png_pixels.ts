/**
 * Whether a PNG holds the pixels its header promises: neither fewer (it was cut off) nor more (a bomb).
 *
 * @module
 */
import { assertPictureSize, refusePicture } from "./refuse_picture.ts";

/** What IHDR says. */
export interface PngHeader {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Bytes of all rows before packing, each with its filter's byte. */
  readonly pixelBytes: number;
  /** True: without a palette there are no colours. */
  readonly needsPalette: boolean;
}

/** Samples of a pixel and the bits each may have, by colour type. W3C PNG, table 11.1. */
const COLOURS: Readonly<Record<number, { samples: number; bits: readonly number[] }>> = {
  0: { samples: 1, bits: [1, 2, 4, 8, 16] },
  2: { samples: 3, bits: [8, 16] },
  3: { samples: 1, bits: [1, 2, 4, 8] },
  4: { samples: 2, bits: [8, 16] },
  6: { samples: 4, bits: [8, 16] },
};

/** First column and row, and the steps, of Adam7's passes. W3C PNG, 8.1. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** 50 megapixels of RGBA with 8 bits: whoever decodes it has to hold as much. */
const MAX_PIXEL_BYTES = 201_000_000;

/** A piece of 4 KB unpacks to 4 MB at most. */
const PIECE_BYTES = 4096;

/** Reads and checks IHDR's content. Errors: `IMAGE_INVALID`. */
export function readPngHeader(content: Uint8Array): PngHeader {
  if (content.length !== 13) throw refusePicture("unreadable", "its header has a wrong length");
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const size = { width: view.getUint32(0), height: view.getUint32(4) };
  assertPictureSize(size);
  const [bits, type, packing, filter, interlace] = content.subarray(8);
  const colour = COLOURS[type ?? -1];
  const isKnown = colour?.bits.includes(bits ?? 0) && packing === 0 && filter === 0 &&
    (interlace === 0 || interlace === 1);
  if (colour === undefined || !isKnown) {
    throw refusePicture("unreadable", "its header holds values that PNG does not know");
  }
  const pixelBits = colour.samples * (bits ?? 0);
  const pixelBytes = interlace === 0
    ? rowsBytes(size, pixelBits)
    : ADAM7.reduce((sum, [x, y, stepX, stepY]) =>
      sum + rowsBytes({
        width: Math.ceil((size.width - x) / stepX),
        height: Math.ceil((size.height - y) / stepY),
      }, pixelBits), 0);
  if (pixelBytes > MAX_PIXEL_BYTES) {
    throw refusePicture("dimensions", `its pixels unpack to ${pixelBytes} bytes`);
  }
  return { ...size, pixelBytes, needsPalette: type === 3 };
}

function rowsBytes({ width, height }: { width: number; height: number }, pixelBits: number) {
  return height * (1 + Math.ceil(width * pixelBits / 8));
}

/**
 * Unpacks IDAT's contents without keeping them and counts. 200 MB take about 0.2 s, and no more than a few
 * megabytes are held. Errors: `IMAGE_INVALID`.
 */
export async function assertPngPixels(
  data: readonly Uint8Array[],
  pixelBytes: number,
): Promise<void> {
  let unpacked = 0;
  try {
    for await (const row of unpack(data)) {
      unpacked += row.byteLength;
      // Leaving the loop ends the stream: what else is packed in there is not looked at.
      if (unpacked > pixelBytes) break;
    }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw refusePicture("truncated", "its pixels can't be unpacked", cause);
  }
  if (unpacked > pixelBytes) {
    throw refusePicture("dimensions", "it holds more pixels than its header says");
  }
  if (unpacked < pixelBytes) {
    throw refusePicture("truncated", "it holds fewer pixels than its header says");
  }
}

/**
 * Unpacks what PNG packs, piece by piece: whoever leaves the loop ends it. Throws `TypeError` when it can't be
 * unpacked, also for what stands behind its end.
 */
export function unpack(data: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces(data)).pipeThrough(new DecompressionStream("deflate"));
}

function* pieces(data: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  for (const chunk of data) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield new Uint8Array(chunk.subarray(at, at + PIECE_BYTES));
    }
  }
}
