/**
 * Clips: rendered by the model's provider from a picture, copied into Storage as a stream, measured.
 *
 * @module
 */
import type { JobHandler } from "./handler.ts";
import { AppError } from "../app_error.ts";
import { openDownload } from "../media/download.ts";
import { probeMp4 } from "../media/probe_mp4.ts";
import { clipPath } from "../media/storage_path.ts";
import type { VideoRequest } from "../providers/render.ts";
import { type JobServices, webhookUrl } from "./job_services.ts";
import { createRenderHandler } from "./render_job.ts";
import { videoProvider } from "./renderers.ts";

/** What `jobs.payload` of a clip holds. */
export interface VideoPayload {
  /** What to render. */
  readonly request: VideoRequest;
  /** How long the model usually takes. */
  readonly typical_sec: number;
}

/** A minute of 1080p is below 100 MB; 4K clips of 15 s too. */
const MAX_CLIP_BYTES = 500 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 100_000;

/** Makes the handler of kind `video`. */
export function createVideoJob(services: JobServices): JobHandler {
  return createRenderHandler<VideoRequest>(services.queue, {
    kind: "video",
    renderer: (provider) => videoProvider(provider).create(services.log),
    request: (job) => payloadOf(job).request,
    typicalSeconds: (job) => payloadOf(job).typical_sec,
    callbackUrl: (provider) =>
      videoProvider(provider).callsBack() ? webhookUrl(services.supabaseUrl) : null,
    collect: async (job, result, context) => {
      const download = await openDownload(result.resultUrl, {
        allowedOrigins: [new URL(videoProvider(job.provider ?? "").baseUrl()).origin],
        maxBytes: MAX_CLIP_BYTES,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        expect: "video",
        log: context.log,
        signal: context.signal,
      });
      if (download.extension !== "mp4") {
        await download.body.cancel();
        throw new AppError(
          "RESULT_INVALID",
          `Cannot keep the clip: it is ${download.contentType}`,
          {
            details: { reason: "wrong_type" },
          },
        );
      }
      const path = clipPath({ project: job.project_id ?? "", clip: job.subject_id ?? "" });
      const url = await services.store.put(path, download.body, download.contentType);
      const header = download.mp4Header();
      if (header === null) {
        throw new AppError(
          "RESULT_INVALID",
          "The clip is not an mp4 that can be read from its start",
        );
      }
      const { durationSeconds } = await probeMp4(header);
      return { url, duration_sec: durationSeconds };
    },
  });
}

function payloadOf(job: { payload: unknown }): VideoPayload {
  return job.payload as VideoPayload;
}
