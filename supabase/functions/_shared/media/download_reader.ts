/**
 * Reads an answer piece by piece and holds it to its size: not empty, not over the cap, not shorter
 * than it said it would be.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { MediaResponse } from "./download_fetch.ts";
import { invalidFile } from "./probe_failure.ts";

/** Limits of one file. */
export interface ReaderOptions {
  /** The largest file that is read. */
  readonly maxBytes: number;
  /** The caller's, to tell its end from the server's. */
  readonly signal?: AbortSignal | undefined;
}

/** Gives the next piece, or null at the end of a whole file. */
export type ReadPiece = () => Promise<Uint8Array<ArrayBuffer> | null>;

/**
 * Makes the reader of an answer. The length the server claims only ends a hopeless transfer early
 * and shows a cut one; the cap is held by counting.
 *
 * Errors: `RESULT_INVALID` (`empty`, `truncated`, `too_large`), thrown by the reader or, when the
 * claimed length is over the cap, here.
 */
export function createReader(
  response: MediaResponse,
  { maxBytes, signal }: ReaderOptions,
): ReadPiece {
  const expectedBytes = claimedLength(response.headers);
  if (expectedBytes !== null && expectedBytes > maxBytes) throw tooLarge(maxBytes);
  let readBytes = 0;
  const isShort = () => expectedBytes !== null && readBytes < expectedBytes;
  const truncated = (cause?: unknown) =>
    invalidFile("truncated", `it ends after ${readBytes} of ${expectedBytes} bytes`, cause);

  return async () => {
    let piece: Uint8Array | null;
    try {
      piece = await response.read();
    } catch (cause) {
      const isCut = cause instanceof AppError && cause.code === "PROVIDER_UNAVAILABLE" &&
        !signal?.aborted && isShort();
      throw isCut ? truncated(cause) : cause;
    }
    if (piece === null) {
      if (readBytes === 0) throw invalidFile("empty", "it has no bytes");
      if (isShort()) throw truncated();
      return null;
    }
    readBytes += piece.byteLength;
    if (readBytes > maxBytes) throw tooLarge(maxBytes);
    return ownBuffer(piece);
  };
}

/** How a whole file is read. */
export interface WholeOptions extends ReaderOptions {
  /** Gives the memory for a file of a size. Default: new memory for each. */
  readonly allocate?: (sizeBytes: number) => Uint8Array<ArrayBuffer>;
}

/** Reads an answer to its end and ends the transfer. Errors: as the reader's. */
export async function readWhole(
  response: MediaResponse,
  { allocate = (sizeBytes) => new Uint8Array(sizeBytes), ...options }: WholeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const read = createReader(response, options);
    const expectedBytes = claimedLength(response.headers);
    const pieces: Uint8Array[] = [];
    if (expectedBytes === null) {
      for (let piece = await read(); piece !== null; piece = await read()) pieces.push(piece);
      return joinPieces(pieces, allocate);
    }
    // In place, since the length is known: joined afterwards, a file is in memory twice.
    const whole = allocate(expectedBytes);
    let length = 0;
    for (let piece = await read(); piece !== null; piece = await read()) {
      if (length + piece.byteLength > expectedBytes) {
        throw invalidFile("truncated", `it has more than the ${expectedBytes} bytes it claims`);
      }
      whole.set(piece, length);
      length += piece.byteLength;
    }
    return whole;
  } finally {
    await response.cancel();
  }
}

/** Joins pieces into one array. */
export function joinPieces(
  pieces: readonly Uint8Array[],
  allocate = (sizeBytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(sizeBytes),
): Uint8Array<ArrayBuffer> {
  const joined = allocate(pieces.reduce((total, piece) => total + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.byteLength;
  }
  return joined;
}

/** Null when it is not said, or says the size before decompression. */
function claimedLength(headers: Headers): number | null {
  const text = headers.get("content-length");
  if (text === null || !/^\d+$/.test(text)) return null;
  return (headers.get("content-encoding") ?? "identity") === "identity" ? Number(text) : null;
}

function tooLarge(maxBytes: number): AppError {
  return invalidFile("too_large", `it has more than ${maxBytes} bytes`);
}

/**
 * `fetch` never gives shared memory; the type does not say so in every version of the standard
 * library.
 */
function ownBuffer(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = piece;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, piece.byteOffset, piece.byteLength)
    : new Uint8Array(piece);
}
