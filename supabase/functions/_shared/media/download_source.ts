/**
 * Reading the parts of a film: an mp4's index without its media where the server can send a part of a
 * file, and whole files where it can't or where all of it is needed.
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
}

/** Enough for the index of most clips when it stands first; when it stands last, for its whereabouts. */
const FIRST_READ_BYTES = 64 * 1024;

/** Reads a whole file into memory. Errors as `openDownload`, without a look at the type. */
export async function readFile(
  url: string,
  options: SourceOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchMedia(url, options);
  return await readWhole(response, limits(options));
}

/**
 * Opens a file for reading here and there. One request at once, and one for each part that is not in the
 * first 64 KB; the whole file at once when the server knows no ranges.
 */
export async function openSource(url: string, options: SourceOptions): Promise<Source> {
  const range = { first: 0, last: FIRST_READ_BYTES - 1 };
  const response = await fetchMedia(url, { ...options, range });
  const sizeBytes = response.status === 206 ? totalBytes(response.headers) : null;
  const head = await readWhole(response, limits(options));
  if (sizeBytes === null || head.byteLength >= sizeBytes) return new BufferSource(head);

  return new CustomSource({
    getSize: () => sizeBytes,
    read: async (start, end) => {
      if (end <= head.byteLength) return head.subarray(start, end);
      const part = await fetchMedia(url, { ...options, range: { first: start, last: end - 1 } });
      const bytes = await readWhole(part, limits(options));
      if (part.status === 206 && bytes.byteLength === end - start) return bytes;
      throw invalidFile("truncated", `bytes ${start} to ${end} did not come`);
    },
    prefetchProfile: "network",
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
