/**
 * Reading the parts of a film: an mp4's index without its media where the server can send a part of
 * a file, and whole files where it can't or where all of it is needed.
 *
 * @module
 */
import { BufferSource, CustomSource, type Source } from "mediabunny";
import { fetchMedia, type MediaFetchOptions } from "./download_fetch.ts";
import { readWhole } from "./download_reader.ts";
import { invalidFile } from "./probe_failure.ts";

/** How files are read. */
export interface SourceOptions extends Omit<MediaFetchOptions, "range"> {
  /** The largest file that is taken into memory. */
  readonly maxFileBytes: number;
  /** Read at once by `openSource`. Default 64 KB: an index. */
  readonly readBytes?: number;
}

/**
 * Holds the index of a clip of 10 s several times over. When it stands last, a second read gets it.
 */
const READ_BYTES = 64 * 1024;

/** Reads a whole file into memory. Errors as `openDownload`, without a look at the type. */
export async function readFile(
  url: string,
  options: SourceOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchMedia(url, options);
  return await readWhole(response, limits(options));
}

/**
 * Makes a reader of one whole file after another. All of them lie in the same memory: what it gave
 * before is overwritten by the next call. New memory for each would wait for the collector, a
 * hundred megabytes at a time.
 */
export function createFileReader(
  options: SourceOptions,
): (url: string) => Promise<Uint8Array<ArrayBuffer>> {
  let memory = new ArrayBuffer(0);
  const allocate = (sizeBytes: number) => {
    if (memory.byteLength < sizeBytes) memory = new ArrayBuffer(sizeBytes);
    return new Uint8Array(memory, 0, sizeBytes);
  };
  return async (url) =>
    await readWhole(await fetchMedia(url, options), { ...limits(options), allocate });
}

/**
 * Gives a file's size for one byte of it. Errors as `openDownload`, and `RESULT_INVALID` when the server does not say.
 */
export async function readSize(
  url: string,
  options: Omit<SourceOptions, "maxFileBytes">,
): Promise<number> {
  const response = await fetchMedia(url, { ...options, range: { first: 0, last: 0 } });
  await response.cancel();
  const sizeBytes = response.status === 206
    ? totalBytes(response.headers)
    : Number(response.headers.get("content-length") ?? NaN);
  if (sizeBytes !== null && Number.isSafeInteger(sizeBytes)) return sizeBytes;
  throw invalidFile("unreadable", "the server does not say how large it is");
}

/**
 * Opens a file for reading here and there. One request at once, and one for each part that is not
 * in what was read last; the whole file at once when the server knows no ranges.
 */
export async function openSource(url: string, options: SourceOptions): Promise<Source> {
  const { readBytes = READ_BYTES } = options;
  const range = { first: 0, last: readBytes - 1 };
  const response = await fetchMedia(url, { ...options, range });
  const head = await readWhole(response, limits(options));
  if (response.status === 200) return new BufferSource(head);
  const sizeBytes = totalBytes(response.headers);
  if (sizeBytes === null) return new BufferSource(await readFile(url, options));
  if (head.byteLength === sizeBytes) return new BufferSource(head);

  let at = { start: 0, bytes: head };
  return new CustomSource({
    getSize: () => sizeBytes,
    read: async (start, end) => {
      const isHere = at.start <= start && end <= at.start + at.bytes.byteLength;
      if (!isHere) {
        const last = Math.min(sizeBytes, Math.max(end, start + readBytes)) - 1;
        const range = { first: start, last };
        const part = await fetchMedia(url, { ...options, range });
        const bytes = await readWhole(part, limits(options));
        if (part.status !== 206 || bytes.byteLength !== last - start + 1) {
          throw invalidFile("truncated", `bytes ${start} to ${last} did not come`);
        }
        at = { start, bytes };
      }
      return at.bytes.subarray(start - at.start, end - at.start);
    },
    // Reading ahead is done above, in steps that suit an index: the library's own begin at 512 KB.
    prefetchProfile: "none",
  });
}

/** From `Content-Range: bytes 0-65535/1234567`; null when the total is not given. */
function totalBytes(headers: Headers): number | null {
  const total = headers.get("content-range")?.match(/^bytes \d+-\d+\/(\d+)$/)?.[1];
  return total === undefined ? null : Number(total);
}

function limits({ maxFileBytes, signal }: SourceOptions) {
  return { maxBytes: maxFileBytes, signal };
}
