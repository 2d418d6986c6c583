/**
 * The film cut: joins clips and narration into one mp4 by copying their encoded packets, within an
 * Edge Function's limits. Nothing is decoded, and the film is never in memory: one clip is.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Fetch } from "../outbound.ts";
import type { ResolveHost } from "./public_url_guard.ts";
import { planClip, withClipMedia } from "./stitch_clip.ts";
import { readNarration } from "./stitch_narration.ts";
import {
  type FilmPlan,
  type FilmScene,
  planFilm,
  type ScenePlan,
  type SoundSource,
} from "./stitch_plan.ts";
import { createFileReader, openSource, readFile, type SourceOptions } from "./download_source.ts";
import {
  clipChanged,
  type FilmHead,
  makeFilmHead,
  type SceneFeed,
  writeFilmMedia,
} from "./stitch_write.ts";
import { BufferSource } from "mediabunny";

/** What is to be joined. */
export interface StitchInput {
  /** In the order of the film, at least one. */
  readonly clips: readonly {
    /** An mp4. */
    readonly url: string;
    /** An mp3, or null when nothing is said. */
    readonly narrationUrl: string | null;
  }[];
  /** The largest film; told before the first byte is given out. */
  readonly maxBytes: number;
  /** The largest clip, since each is in memory once. Default 64 MB. */
  readonly maxClipBytes?: number;
  /** For each file. Default 60 s. */
  readonly timeoutMs?: number;
  /** As for `openDownload`: our own Storage, and the simulators. */
  readonly allowedOrigins?: readonly string[];
  /** Defaults to the global one. */
  readonly fetch?: Fetch;
  /** Defaults to the system's resolver. */
  readonly resolve?: ResolveHost;
  /** Ends the planning, or the film with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** A scene's place in the film. */
export interface Chapter {
  /** From the beginning of the film. */
  readonly startSeconds: number;
  /** As long as the clip. */
  readonly durationSeconds: number;
  /** Speech in the film; 0 when nothing is said. */
  readonly narrationSeconds: number;
  /** Speech that did not fit into the clip and is left out; 0 when all of it is there. */
  readonly narrationCutSeconds: number;
}

/** A film on its way. */
export interface StitchedFilm {
  /**
   * The mp4, index first, so that it plays while it loads. Made as it is read; errors with an
   * `AppError` when a clip can't be read to its end. Cancel it to stop.
   */
  readonly film: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** For the upload. */
  readonly contentType: "video/mp4";
  /** Known before the film is read. */
  readonly sizeBytes: number;
  /** Sum of the clips'. */
  readonly durationSeconds: number;
  /** What is heard: the narration, the clips' own sound where there is no narration, or nothing. */
  readonly sound: SoundSource;
  /** One for each clip. */
  readonly chapters: readonly Chapter[];
}

const MAX_CLIP_BYTES = 64_000_000;

/** Ten minutes of speech at 64 kbit/s are 5 MB. */
const MAX_NARRATION_BYTES = 16_000_000;

const TIMEOUT_MS = 60_000;

/**
 * The muxer holds packets back until it has half a second of a track, so the last ones of a clip
 * are still unwritten when the next clip takes its place in memory. They are copied; so is all
 * sound, which is small.
 */
const HELD_SECONDS = 1;

/** Indexes are small and far away: reading several at once saves the waiting, not the work. */
const PARALLEL_READS = 4;

/**
 * Joins clips. Reads every clip's index and every narration first, then, as the film is read, every
 * clip once.
 *
 * Errors, thrown here or by the film: `STATE_CONFLICT` when the clips can't be joined by copying
 * (`details.reason` `not_copyable`, `details.differences` a list of `Difference`), or one changed
 * meanwhile (`details.reason` `changed`); `RESULT_INVALID` for files that can't be read or a film
 * that would be larger than `maxBytes` (`details.reason` `too_large`); `PROVIDER_UNAVAILABLE` and
 * `PROVIDER_TIMEOUT` for the transfer.
 */
export async function stitchFilm(input: StitchInput): Promise<StitchedFilm> {
  const options: SourceOptions = {
    ...input,
    timeoutMs: input.timeoutMs ?? TIMEOUT_MS,
    maxFileBytes: input.maxClipBytes ?? MAX_CLIP_BYTES,
  };
  const plan = planFilm(await mapParallel(input.clips, (clip) => planScene(clip, options)));
  const head = await makeFilmHead(plan);
  const sizeBytes = head.bytes.byteLength + head.mediaBytes;
  if (sizeBytes > input.maxBytes) {
    throw new AppError(
      "RESULT_INVALID",
      `Cannot cut the film: it would have ${sizeBytes} bytes, more than ${input.maxBytes}`,
      { details: { reason: "too_large" } },
    );
  }
  const urls = input.clips.map(({ url }) => url);
  return {
    film: streamFilm(plan, { head, urls, options }),
    contentType: "video/mp4",
    sizeBytes,
    durationSeconds: plan.durationSeconds,
    sound: plan.soundSource,
    chapters: plan.scenes.map((scene) => {
      const { startSeconds, durationSeconds, narrationSeconds, narrationCutSeconds } = scene;
      return { startSeconds, durationSeconds, narrationSeconds, narrationCutSeconds };
    }),
  };
}

async function planScene(
  { url, narrationUrl }: StitchInput["clips"][number],
  options: SourceOptions,
): Promise<ScenePlan> {
  const clip = await planClip(await openSource(url, options));
  if (narrationUrl === null) return { clip, narration: null };
  const file = await readFile(narrationUrl, { ...options, maxFileBytes: MAX_NARRATION_BYTES });
  return { clip, narration: await readNarration(file) };
}

interface StreamParts {
  readonly head: FilmHead;
  /** Of the clips, in order. */
  readonly urls: readonly string[];
  readonly options: SourceOptions;
}

function streamFilm(plan: FilmPlan, { head, urls, options }: StreamParts): StitchedFilm["film"] {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >();
  const writer = writable.getWriter();
  writer.closed.catch((cause) => stop.abort(cause));

  const readClip = createFileReader({ ...options, signal });
  const feed: SceneFeed = async (scene, write) => {
    const source = new BufferSource(await readClip(urls[plan.scenes.indexOf(scene)] ?? ""));
    const heldFrom = lastPicture(scene) - HELD_SECONDS;
    await withClipMedia(source, async ({ nextPicture, nextSound }) => {
      await write(async ({ track, data, sizeBytes, timestamp }) => {
        if (data) return data;
        const bytes = await (track === "pictures" ? nextPicture() : nextSound());
        if (bytes?.byteLength !== sizeBytes) throw clipChanged();
        return track === "pictures" && timestamp < heldFrom ? bytes : bytes.slice();
      });
    });
  };
  const run = async () => {
    try {
      // Settles when the film is read, so that nothing is fetched for a film nobody wants.
      await writer.write(head.bytes);
      await writeFilmMedia(plan, head, { feed, write: (bytes) => writer.write(bytes) });
      await writer.close();
    } catch (cause) {
      await writer.abort(cause).catch(() => {});
    }
  };
  void run();
  return readable;
}

function lastPicture({ packets }: FilmScene): number {
  const pictures = packets.filter(({ track }) => track === "pictures");
  return pictures.reduce((last, { timestamp }) => Math.max(last, timestamp), 0);
}

async function mapParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let isFailed = false;
  await Promise.all(Array.from({ length: PARALLEL_READS }, async () => {
    for (const [index, item] of queue) {
      if (isFailed) return;
      try {
        results[index] = await work(item);
      } catch (cause) {
        isFailed = true;
        throw cause;
      }
    }
  }));
  return results;
}
