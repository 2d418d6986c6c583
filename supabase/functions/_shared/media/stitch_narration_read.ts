/**
 * Fetching the narrations of a film's clips, each once.
 *
 * @module
 */
import { readFile, type SourceOptions } from "./download_source.ts";
import { type Narration, readNarration } from "./stitch_narration.ts";

/** What is said over one clip. */
export interface NarrationPart {
  /** The speech that begins with this clip; null when none does. */
  readonly narration: Narration | null;
  /** True when the speech of the clip before goes on over this one. */
  readonly isContinued: boolean;
}

/** Ten minutes of speech at 64 kbit/s are 5 MB. */
const MAX_NARRATION_BYTES = 16_000_000;

/** Small files, far away: reading several at once saves the waiting, not the work. */
const PARALLEL_READS = 4;

/**
 * Reads the narration of each clip, given in the film's order: null for none, and the same URL again for
 * clips that share one. Errors: `RESULT_INVALID` and those of the transfer.
 */
export async function readNarrations(
  urls: readonly (string | null)[],
  options: SourceOptions,
): Promise<NarrationPart[]> {
  const isContinued = urls.map((url, at) => url !== null && at > 0 && urls[at - 1] === url);
  const narrations = await mapParallel(urls, async (url, at) => {
    if (url === null || isContinued[at] === true) return null;
    return await readNarration(await readNarrationFile(url, options));
  });
  return narrations.map((narration, at) => ({ narration, isContinued: isContinued[at] === true }));
}

/** Fetches one narration. Errors: `RESULT_INVALID` and those of the transfer. */
export async function readNarrationFile(
  url: string,
  options: SourceOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return await readFile(url, { ...options, maxFileBytes: MAX_NARRATION_BYTES });
}

/** Gives a film's whole sound, an mp3, as one narration of all of its clips. Errors: `RESULT_INVALID`. */
export async function spreadSound(
  file: Uint8Array<ArrayBuffer>,
  clipCount: number,
): Promise<NarrationPart[]> {
  const narration = await readNarration(file);
  return Array.from(
    { length: clipCount },
    (_, at) => ({ narration: at === 0 ? narration : null, isContinued: at > 0 }),
  );
}

/** Works on several items at once, in order; the first failure ends it. */
export async function mapParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let isFailed = false;
  await Promise.all(Array.from({ length: PARALLEL_READS }, async () => {
    for (const [index, item] of queue) {
      if (isFailed) return;
      try {
        results[index] = await work(item, index);
      } catch (cause) {
        isFailed = true;
        throw cause;
      }
    }
  }));
  return results;
}
