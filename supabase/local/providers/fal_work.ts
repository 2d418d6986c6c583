/**
 * What the simulated fal makes of a judged request: pictures, a clip, a film, or a failure.
 *
 * @module
 */
import type { FalFault, FalWork } from "./fal_judge.ts";
import { fetchClips } from "./fal_join.ts";
import { fetchInputImage } from "./input_image.ts";
import { joinInWorker } from "./join_pool.ts";
import { type FileFault, isFileFault, type MediaStore } from "./media_store.ts";
import type { RenderPool } from "./render_pool.ts";

/** How a request ended: the result's HTTP answer. */
export interface FalResult {
  /** HTTP status. */
  readonly status: number;
  /** fal's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The model's output, or `{ detail }`. */
  readonly body: Record<string, unknown>;
}

/** What the making needs. */
export interface FalMakers {
  /** Where results are put. */
  readonly media: MediaStore;
  /** Who draws and films. */
  readonly renders: RenderPool;
}

/** Makes what was asked for, or the failure that `kind` names. Never rejects. */
export async function makeFalResult(
  judged: FalWork | readonly FalFault[],
  makers: FalMakers,
  { kind, signal }: { readonly kind: string | undefined; readonly signal: AbortSignal },
): Promise<FalResult> {
  switch (kind) {
    case "fail":
      return modelProblem(500, "internal_server_error", "Internal server error");
    case "fail_runner":
      return requestProblem(503, "runner_disconnected", "Runner disconnected");
    case "refuse":
      return modelProblem(
        422,
        "content_policy_violation",
        "The content could not be processed because it contained material flagged by a content checker.",
        ["body", "prompt"],
      );
  }
  if (!("kind" in judged)) {
    return { status: 422, headers: { "x-fal-retryable": "false" }, body: { detail: judged } };
  }
  const fault = isFileFault(kind) ? kind : null;
  try {
    return judged.kind === "image"
      ? await makeImages(judged, makers, { fault, isUnsafe: kind === "nsfw" })
      : judged.kind === "video"
      ? await makeVideo(judged, makers, { fault, signal })
      : await makeFilm(judged, makers, { fault, signal });
  } catch (error) {
    if (judged.kind === "join") {
      const msg = error instanceof Error ? error.message : "?";
      return modelProblem(422, "file_download_error", msg, ["body", "video_urls"]);
    }
    return modelProblem(422, "image_load_error", error instanceof Error ? error.message : "?", [
      "body",
      "image_url",
    ]);
  }
}

async function makeImages(
  request: FalWork & { kind: "image" },
  { media, renders }: FalMakers,
  { fault, isUnsafe }: { readonly fault: FileFault | null; readonly isUnsafe: boolean },
): Promise<FalResult> {
  const started = performance.now();
  const { prompt, width, height, count, seed, format } = request;
  const images = await Promise.all(Array.from({ length: count }, async (_, at) => {
    const picture = await renders.picture({
      // fal blackens what its checker does not pass.
      prompt: isUnsafe ? "night" : prompt,
      width,
      height,
      seed: seed + at,
      format,
      ...(isUnsafe ? { caption: "" } : {}),
    });
    return {
      url: media.put(picture, { fault }),
      width,
      height,
      content_type: picture.contentType,
    };
  }));
  return {
    status: 200,
    headers: {},
    body: {
      images,
      timings: { inference: (performance.now() - started) / 1000 },
      seed,
      has_nsfw_concepts: images.map(() => isUnsafe),
      prompt,
    },
  };
}

async function makeVideo(
  request: FalWork & { kind: "video" },
  { media, renders }: FalMakers,
  { fault, signal }: { readonly fault: FileFault | null; readonly signal: AbortSignal },
): Promise<FalResult> {
  const { prompt, durationSeconds, aspectRatio } = request;
  const image = await fetchInputImage(request.imageUrl, signal);
  // Read like the real one does, but the simulated camera does not travel to it.
  if (request.lastImageUrl !== undefined) await fetchInputImage(request.lastImageUrl, signal);
  const clip = await renders.clip({ image, prompt, durationSeconds, aspectRatio });
  const file = {
    url: media.put(clip, { fault }),
    content_type: clip.contentType,
    file_name: "output.mp4",
    file_size: clip.bytes.length,
  };
  return { status: 200, headers: {}, body: { video: file, ...request.output } };
}

async function makeFilm(
  { clipUrls, ...request }: FalWork & { kind: "join" },
  { media }: FalMakers,
  { fault, signal }: { readonly fault: FileFault | null; readonly signal: AbortSignal },
): Promise<FalResult> {
  const clips = await fetchClips(clipUrls, signal);
  const film = await joinInWorker({ clips, ...request }, signal);
  const video = {
    url: media.put(film, { fault }),
    content_type: film.contentType,
    file_name: "merged_video.mp4",
    file_size: film.bytes.length,
  };
  return { status: 200, headers: {}, body: { video, metadata: { input_count: clips.length } } };
}

function modelProblem(
  status: number,
  type: string,
  msg: string,
  loc: readonly string[] = ["body"],
): FalResult {
  return {
    status,
    headers: { "x-fal-retryable": String(status >= 500) },
    body: { detail: [{ loc, msg, type, url: `https://docs.fal.ai/errors#${type}` }] },
  };
}

/** A failure of the request rather than of the model. */
export function requestProblem(status: number, type: string, detail: string): FalResult {
  return {
    status,
    headers: { "x-fal-error-type": type },
    body: { detail, error_type: type },
  };
}
