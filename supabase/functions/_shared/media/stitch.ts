/**
 * The film cut: joins clips and narration into one mp4 by copying their encoded packets, within an
 * Edge Function's limits. Nothing is decoded, and the film is never in memory: one clip is.
 *
 * @module
 */
import { BufferSource, type Source } from "mediabunny";
import { AppError } from "../app_error.ts";
import type { Fetch } from "../outbound.ts";
import { createFileReader, openSource, type SourceOptions } from "./download_source.ts";
import type { ResolveHost } from "./public_url_guard.ts";
import { type ClipPlan, planClip } from "./stitch_clip.ts";
import { mapParallel, readNarrations, spreadSound } from "./stitch_narration_read.ts";
import { type FilmPlan, planFilm, type SoundSource, withMixedSound } from "./stitch_plan.ts";
import { streamFilm } from "./stitch_stream.ts";
import { trimClip } from "./stitch_trim.ts";
import { makeFilmHead } from "./stitch_write.ts";

/** How a film's files are read, and how large it may get. */
export interface StitchOptions {
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

/** What is to be joined. */
export interface StitchInput extends StitchOptions {
  /** An mp3 that is all of the film's sound: narration is then not read. Absent: narration, or the clips' own. */
  readonly mixedSound?: Uint8Array<ArrayBuffer> | undefined;
  /** In the order of the film, at least one. */
  readonly clips: readonly {
    /** An mp4. */
    readonly url: string;
    /**
     * An mp3, or null when nothing is said. Clips in a row with the same one share it: it begins with the
     * first of them and runs on over the others.
     */
    readonly narrationUrl: string | null;
    /** How much of its beginning is shown, exactly. Absent, or more than there is: all of it. */
    readonly durationSeconds?: number | undefined;
  }[];
}

/** A clip's place in the film. */
export interface Chapter {
  /** From the beginning of the film. */
  readonly startSeconds: number;
  /** As long as the clip is shown. */
  readonly durationSeconds: number;
  /** Speech in the film; 0 when nothing is said, and when it is mixed. */
  readonly narrationSeconds: number;
  /** Speech that did not fit into its clips and is left out; 0 when all of it is there. */
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
  /** Sum of what is shown of the clips. */
  readonly durationSeconds: number;
  /** What is heard: the mix, the narration, the clips' own sound where there is neither, or nothing. */
  readonly sound: SoundSource;
  /** One for each clip. */
  readonly chapters: readonly Chapter[];
}

const MAX_CLIP_BYTES = 64_000_000;

const TIMEOUT_MS = 60_000;

/** Fills in what was left out. */
export function withStitchDefaults(options: StitchOptions): SourceOptions {
  return {
    ...options,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxFileBytes: options.maxClipBytes ?? MAX_CLIP_BYTES,
  };
}

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
  const options = withStitchDefaults(input);
  const clips = await planClips(input);
  const { mixedSound } = input;
  const parts = mixedSound === undefined
    ? await readNarrations(input.clips.map(({ narrationUrl }) => narrationUrl), options)
    : await spreadSound(mixedSound, clips.length);
  const plan = planFilm(clips.flatMap((clip, at) => {
    const part = parts[at];
    return part === undefined ? [] : [{ clip, ...part }];
  }));
  return await finishFilm(mixedSound === undefined ? plan : withMixedSound(plan), {
    maxBytes: input.maxBytes,
    openClip: createClipOpener(input, options),
    signal: input.signal,
  });
}

/** Reads every clip's index, as far as it is shown. Errors: as {@link stitchFilm}'s for clips. */
export async function planClips(
  input: Pick<StitchInput, "clips"> & StitchOptions,
): Promise<ClipPlan[]> {
  const options = withStitchDefaults(input);
  return await mapParallel(input.clips, async ({ url, durationSeconds = Infinity }) => {
    return trimClip(await planClip(await openSource(url, options)), durationSeconds);
  });
}

function createClipOpener(
  { clips }: StitchInput,
  options: SourceOptions,
): (index: number, signal: AbortSignal) => Promise<Source> {
  let readClip: ReturnType<typeof createFileReader> | undefined;
  return async (index, signal) => {
    readClip ??= createFileReader({ ...options, signal });
    return new BufferSource(await readClip(clips[index]?.url ?? ""));
  };
}

/** What a planned film still needs. */
export interface FinishOptions {
  /** The largest film. */
  readonly maxBytes: number;
  /** Opens a scene's clip when its turn comes. */
  readonly openClip: (index: number, signal: AbortSignal) => Promise<Source>;
  /** Ends the film with an error. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes a planned film's index and its stream. Errors: `RESULT_INVALID` `too_large`, `STATE_CONFLICT`. */
export async function finishFilm(
  plan: FilmPlan,
  { maxBytes, openClip, signal }: FinishOptions,
): Promise<StitchedFilm> {
  const head = await makeFilmHead(plan);
  const sizeBytes = head.bytes.byteLength + head.mediaBytes;
  if (sizeBytes > maxBytes) {
    throw new AppError(
      "RESULT_INVALID",
      `Cannot cut the film: it would have ${sizeBytes} bytes, more than ${maxBytes}`,
      { details: { reason: "too_large" } },
    );
  }
  return {
    film: streamFilm(plan, { head, openClip, signal }),
    contentType: "video/mp4",
    sizeBytes,
    durationSeconds: plan.durationSeconds,
    sound: plan.soundSource,
    chapters: plan.chapters,
  };
}
