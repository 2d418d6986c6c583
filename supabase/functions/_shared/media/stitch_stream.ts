/**
 * A planned film as a stream: made as it is read, from one clip at a time.
 *
 * @module
 */
import type { Source } from "mediabunny";
import { withClipMedia } from "./stitch_clip.ts";
import type { FilmPlan, FilmScene } from "./stitch_plan.ts";
import { clipChanged, type FilmHead, type SceneFeed, writeFilmMedia } from "./stitch_write.ts";

/** What a film is made from. */
export interface FilmParts {
  /** As `makeFilmHead` made it from the plan. */
  readonly head: FilmHead;
  /** Opens a scene's clip when its turn comes. The bytes of the one before may be overwritten. */
  readonly openClip: (index: number, signal: AbortSignal) => Promise<Source>;
  /** Ends the film with an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The muxer holds packets back until it has half a second of a track, so the last ones of a clip
 * are still unwritten when the next clip takes its place in memory. They are copied; so is all
 * sound, which is small.
 */
const HELD_SECONDS = 1;

/**
 * Gives the film's bytes. Nothing is fetched before the stream is read. Errors as an `AppError` when a clip
 * can't be read to its end, or is not what was planned.
 */
export function streamFilm(
  plan: FilmPlan,
  { head, openClip, signal: callers }: FilmParts,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stop = new AbortController();
  const signal = callers ? AbortSignal.any([callers, stop.signal]) : stop.signal;
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >();
  const writer = writable.getWriter();
  writer.closed.catch((cause) => stop.abort(cause));

  const feed: SceneFeed = async (scene, write) => {
    const source = await openClip(plan.scenes.indexOf(scene), signal);
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
