/**
 * The film on the user's disk.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { ALL_FORMATS, FilePathSource, Input, MP4 } from "mediabunny";
import { UsageError } from "./usage_error.ts";

/** A film that has been written and looked at. */
export interface FilmFile {
  /** Absolute. */
  readonly path: string;
  /** As on disk. */
  readonly sizeBytes: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Seconds, measured. */
  readonly durationSeconds: number;
}

/** The file is not the film it should be. `message` is one sentence for the user. */
export class FilmFileError extends Error {
  /** For logs. */
  override readonly name = "FilmFileError";
}

/** Picture and sound end at packets, so a sum of clips may be off by some frames. */
const MAX_DRIFT_SECONDS = 0.5;

/**
 * Makes sure that a film can be written to `path` before any work is done; its folder is made when it is
 * missing. Gives the absolute path.
 *
 * Errors: {@link UsageError} with the reason.
 */
export async function prepareFilmPath(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    await Deno.mkdir(dirname(absolute), { recursive: true });
    const there = await Deno.stat(absolute).catch(() => undefined);
    if (there?.isDirectory) throw new Error("it is a folder");
    const trial = partOf(absolute);
    await Deno.writeFile(trial, new Uint8Array());
    await Deno.remove(trial);
  } catch (cause) {
    throw new UsageError(`Cannot write to --out "${path}": ${reasonOf(cause)}`, { cause });
  }
  return absolute;
}

/**
 * Downloads a film, checks it, and only then puts it in its place. A single clip may be `silent`.
 *
 * Errors: {@link FilmFileError} when it can't be fetched, is not whole, or is not an mp4 with picture and
 * sound of `durationSeconds`; `path` is then as it was.
 */
export async function saveFilm(
  url: string,
  path: string,
  { durationSeconds, silent = false, signal }: {
    readonly durationSeconds: number;
    readonly silent?: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<FilmFile> {
  const part = partOf(path);
  try {
    const sizeBytes = await download(url, part, signal);
    const film = await inspect(part, { silent });
    const drift = Math.abs(film.durationSeconds - durationSeconds);
    if (drift > MAX_DRIFT_SECONDS) {
      throw new FilmFileError(
        `Cannot accept the film: it plays ${film.durationSeconds.toFixed(1)} s and should play ${
          durationSeconds.toFixed(1)
        } s`,
      );
    }
    await Deno.rename(part, path);
    return { path, sizeBytes, ...film };
  } catch (cause) {
    await Deno.remove(part).catch(() => {});
    signal?.throwIfAborted();
    if (cause instanceof FilmFileError) throw cause;
    throw new FilmFileError(`Cannot save the film: ${reasonOf(cause)}`, { cause });
  }
}

async function download(url: string, part: string, signal?: AbortSignal): Promise<number> {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new FilmFileError(`Cannot fetch the film: ${url} answers ${response.status}`);
  }
  const told = response.headers.get("content-length");
  await Deno.writeFile(part, response.body);
  const { size } = await Deno.stat(part);
  if (size === 0 || (told !== null && size !== Number(told))) {
    throw new FilmFileError(`Cannot accept the film: ${size} of ${told ?? "some"} bytes came`);
  }
  return size;
}

async function inspect(path: string, { silent }: { readonly silent: boolean }) {
  using input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
  const format = await input.getFormat();
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  if (format !== MP4 || video === null || (audio === null && !silent)) {
    const what = silent ? "picture" : "picture and sound";
    throw new FilmFileError(`Cannot accept the film: it is not an mp4 with ${what}`);
  }
  return {
    width: video.displayWidth,
    height: video.displayHeight,
    durationSeconds: await input.computeDuration(),
  };
}

/** Beside the film, so that renaming it is one step on one disk. */
function partOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.part`);
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable) {
    return "it is not writable for you";
  }
  return cause instanceof Error ? cause.message : String(cause);
}
