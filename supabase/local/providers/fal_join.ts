/**
 * The simulated fal's `merge-videos`: what it takes, and the film it makes of it.
 * Source: the endpoint types of @fal-ai/client 1.10.1; fal.ai/models/fal-ai/ffmpeg-api/merge-videos/llms.txt.
 *
 * @module
 */
import { z } from "zod";
import { type FalWork, type Judge, judge } from "./fal_judge.ts";
import { NAMED_SIZES } from "./fal_sizes.ts";

const Side = z.int().min(512).max(2048);

const MergeVideos = z.object({
  video_urls: z.array(z.url({ protocol: /^https?$/ })).min(2),
  target_fps: z.number().min(1).max(60).nullish(),
  resolution: z.union([
    z.enum(Object.keys(NAMED_SIZES)),
    z.object({ width: Side, height: Side }),
  ]).nullish(),
});

/** By endpoint. */
export const FAL_JOIN_ENDPOINTS: Readonly<Record<string, Judge>> = {
  "fal-ai/ffmpeg-api/merge-videos": judge(MergeVideos, toWork),
};

/** The largest clip that is fetched. */
const MAX_CLIP_BYTES = 500 * 1024 * 1024;

const FETCH_TIMEOUT_MS = 60_000;

/** Fetches the clips of a film. Rejects with an `Error` that says in words what is wrong with one. */
export async function fetchClips(
  urls: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>[]> {
  return await Promise.all(urls.map(async (url) => {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) {
      throw new Error(`Failed to download the file: HTTP status ${response.status}`);
    }
    if (bytes.length > MAX_CLIP_BYTES) throw new Error("Failed to download the file: too large");
    return bytes;
  }));
}

function toWork({ video_urls, target_fps, resolution }: z.infer<typeof MergeVideos>): FalWork {
  const [width, height] = typeof resolution === "string"
    ? NAMED_SIZES[resolution] ?? []
    : [resolution?.width, resolution?.height];
  return {
    kind: "join",
    clipUrls: video_urls,
    width,
    height,
    framesPerSecond: target_fps ?? undefined,
  };
}
