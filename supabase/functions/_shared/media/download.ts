/**
 * Copying a file from a URL somebody else chose, without holding it: its type is known from its
 * first bytes before anything is passed on, and a file that is too large, cut off or of the wrong
 * type makes the stream fail, so that whatever reads it fails too.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { fetchMedia, type MediaFetchOptions, type MediaResponse } from "./download_fetch.ts";
import { createReader, joinPieces, type ReadPiece } from "./download_reader.ts";
import { invalidFile } from "./probe_failure.ts";
import { IMAGE_HEAD_BYTES, type ImageSize, probeImage } from "./probe_image.ts";
import { createIntegrityCheck } from "./probe_integrity.ts";
import { type MediaKind, type MediaType, SNIFF_BYTES, sniffMedia } from "./sniff.ts";

/** What is taken from the server ahead of the reader: some pieces, so that neither waits for the other's next one. */
const READ_AHEAD_BYTES = 512 * 1024;

/** How a file is downloaded. */
export interface DownloadOptions extends Omit<MediaFetchOptions, "range"> {
  /** The stream fails when the file turns out to be larger. */
  readonly maxBytes: number;
  /** What the file must be. */
  readonly expect: MediaKind;
  /** Gets one line a file: host, outcome, size, time. */
  readonly log: Log;
}

/** A file on its way. */
export interface Download {
  /**
   * The file. It errors with an `AppError` (see {@link openDownload}) when the file is not whole or
   * is too large. Cancel it to end the transfer.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** By the bytes, whatever the server claimed. */
  readonly contentType: MediaType["contentType"];
  /** By the bytes, without a dot. */
  readonly extension: MediaType["extension"];
  /** Pixels of a picture; null for other files. */
  readonly imageSize: ImageSize | null;
  /**
   * Once the body has been read: what `probeMp4` needs, so that the file need not be read again.
   * Null when it is no mp4, or one in fragments.
   */
  mp4Header(): Uint8Array<ArrayBuffer> | null;
}

/**
 * Opens a file for copying. Settles once the first bytes are there; the body then follows at the
 * reader's pace, with little of it in memory.
 *
 * Errors, thrown here or by the body: `RESULT_INVALID` with `details.reason` (`empty`, `truncated`,
 * `too_large`, `wrong_type`, `unreadable`, `dimensions`, and those of `fetchMedia`);
 * `PROVIDER_UNAVAILABLE` for server errors, network failures and a caller's abort;
 * `PROVIDER_TIMEOUT`.
 *
 * ```ts
 * const { body, contentType } = await openDownload(resultUrl, {
 *   expect: "video", maxBytes: 500_000_000, timeoutMs: 120_000, allowedOrigins, log,
 * });
 * await storage.from(bucket).upload(clipPath({ project, clip }), body, { contentType });
 * ```
 */
export async function openDownload(url: string, options: DownloadOptions): Promise<Download> {
  const report = createReport(url, options.log);
  let response: MediaResponse | null = null;
  try {
    response = await fetchMedia(url, options);
    const read = createReader(response, options);
    const head = await readHead(read, options.expect === "image" ? IMAGE_HEAD_BYTES : SNIFF_BYTES);
    const type = expectType(head, options.expect);
    const imageSize = type.kind === "image" ? probeImage(head) : null;
    const check = createIntegrityCheck(type);
    const body = createBody({ head, read, check, cancel: response.cancel, report });
    const { contentType, extension } = type;
    return { body, contentType, extension, imageSize, mp4Header: check.mp4Header };
  } catch (cause) {
    await response?.cancel();
    report(cause instanceof AppError ? cause.code : "INTERNAL");
    throw cause;
  }
}

async function readHead(read: ReadPiece, wantedBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let length = 0; length < wantedBytes;) {
    const piece = await read();
    if (piece === null) break;
    pieces.push(piece);
    length += piece.byteLength;
  }
  return joinPieces(pieces);
}

function expectType(head: Uint8Array, expect: MediaKind): MediaType {
  const type = sniffMedia(head);
  if (type?.kind === expect) return type;
  throw invalidFile(
    "wrong_type",
    `it is ${type?.contentType ?? "of no known type"}, not ${expect}`,
  );
}

interface BodyParts {
  readonly head: Uint8Array<ArrayBuffer>;
  readonly read: ReadPiece;
  readonly check: { write(piece: Uint8Array): void; end(): void };
  readonly cancel: () => Promise<void>;
  readonly report: (outcome: string, sizeBytes: number) => void;
}

function createBody({ head, read, check, cancel, report }: BodyParts) {
  let sizeBytes = 0;
  let isFirst = true;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const piece = isFirst ? head : await read();
        isFirst = false;
        if (piece !== null) {
          check.write(piece);
          sizeBytes += piece.byteLength;
          return controller.enqueue(piece);
        }
        check.end();
        report("done", sizeBytes);
        controller.close();
      } catch (cause) {
        await cancel();
        report(cause instanceof AppError ? cause.code : "INTERNAL", sizeBytes);
        controller.error(cause);
      }
    },
    async cancel() {
      report("cancelled", sizeBytes);
      await cancel();
    },
    // While one piece is on its way out the next ones come in.
  }, new ByteLengthQueuingStrategy({ highWaterMark: READ_AHEAD_BYTES }));
}

function createReport(url: string, log: Log): (outcome: string, sizeBytes?: number) => void {
  const started = performance.now();
  const host = URL.canParse(url) ? new URL(url).host : "";
  return (outcome, sizeBytes = 0) =>
    log.info("download", {
      host,
      outcome,
      size_bytes: sizeBytes,
      ms: Math.round(performance.now() - started),
    });
}
