/**
 * What an mp4 is like: how long, how large, how encoded. Reads its index only.
 *
 * @module
 */
import { BlobSource, BufferSource, Input, MP4, type Source } from "mediabunny";
import { AppError } from "../app_error.ts";
import { openSource, type SourceOptions } from "./download_source.ts";
import { invalidFile } from "./probe_failure.ts";

/** Facts of a clip or film. */
export interface Mp4Facts {
  /** Of the pictures; above 0. */
  readonly durationSeconds: number;
  /** Such as `avc` (H.264), `hevc`, `vp9`, `av1`. */
  readonly videoCodec: string;
  /** Pixels as shown, after turning. */
  readonly width: number;
  /** Pixels as shown, after turning. */
  readonly height: number;
  /** True when there is a track of sound, silent or not. */
  readonly hasSound: boolean;
}

/**
 * Probes an mp4 at hand. `Download.mp4Header()` will do as well as the whole file.
 *
 * Errors: `RESULT_INVALID` with `details.reason` `unreadable` (no index, no pictures, no length).
 */
export async function probeMp4(file: Blob | Uint8Array<ArrayBuffer>): Promise<Mp4Facts> {
  return await probe(file instanceof Blob ? new BlobSource(file) : new BufferSource(file));
}

/**
 * Probes an mp4 by its URL: one request, or a second one when its index is not at its beginning.
 * Errors: also those of `fetchMedia`.
 */
export async function probeMp4Url(url: string, options: SourceOptions): Promise<Mp4Facts> {
  return await probe(await openSource(url, options));
}

async function probe(source: Source): Promise<Mp4Facts> {
  const input = new Input({ source, formats: [MP4] });
  try {
    const track = await input.getPrimaryVideoTrack();
    const videoCodec = await track?.getCodec();
    if (!track || !videoCodec) throw invalidFile("unreadable", "it has no pictures");
    const durationSeconds = await track.getDurationFromMetadata() ?? await track.computeDuration();
    if (!(durationSeconds > 0)) throw invalidFile("unreadable", "it has no length");
    return {
      durationSeconds,
      videoCodec,
      width: await track.getDisplayWidth(),
      height: await track.getDisplayHeight(),
      hasSound: await input.getPrimaryAudioTrack() !== null,
    };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw invalidFile("unreadable", "its index can't be read", cause);
  } finally {
    input.dispose();
  }
}
