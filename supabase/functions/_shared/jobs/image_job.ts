/**
 * Pictures: rendered by the model's provider, copied into Storage, measured.
 *
 * @module
 */
import type { ClaimedJob } from "../database/job_queue.ts";
import type { JobHandler } from "./handler.ts";
import { readProviderEnv } from "../env.ts";
import { checkPicture } from "../media/check_picture.ts";
import { openDownload } from "../media/download.ts";
import { imagePath } from "../media/storage_path.ts";
import type { ImageExtension } from "../media/sniff.ts";
import type { ImageRequest } from "../providers/render.ts";
import { type JobServices, webhookUrl } from "./job_services.ts";
import { createRenderHandler } from "./render_job.ts";
import { IMAGE_GENERATORS } from "./renderers.ts";

/** What `jobs.payload` of a picture holds. */
export interface ImagePayload {
  /** What to draw. */
  readonly request: ImageRequest;
  /** Null for a project's picture. */
  readonly scene_id: string | null;
  /** Whether it will stand for its scene; other candidates wait to be chosen. */
  readonly is_main: boolean;
  /** Whether its character or shot takes it at once. Absent: yes. */
  readonly is_chosen?: boolean;
  /** How long the model usually takes. */
  readonly typical_sec: number;
}

/** Pictures of 4K are below 20 MB. */
const MAX_IMAGE_BYTES = 20 * 1024 * 1024;
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** Makes the handler of kind `image`. */
export function createImageJob(services: JobServices): JobHandler {
  return createRenderHandler<ImageRequest>(services.queue, {
    kind: "image",
    renderer: (provider) => {
      const create = IMAGE_GENERATORS[provider];
      if (create === undefined) throw new Error(`No adapter draws pictures for "${provider}"`);
      return create(services.log);
    },
    request: (job) => payloadOf(job).request,
    typicalSeconds: (job) => payloadOf(job).typical_sec,
    callbackUrl: (provider) =>
      provider === "fal" && readProviderEnv("fal").webhookUserId !== undefined
        ? webhookUrl(services.supabaseUrl)
        : null,
    keepMedia: async (job, { media }) => {
      const { contentType, extension, width, height } = checkPicture(media, {
        maxBytes: MAX_IMAGE_BYTES,
      });
      const url = await services.store.put(pathOf(job, extension), media, contentType);
      return { url, width, height };
    },
    collect: async (job, result, context) => {
      const download = await openDownload(result.resultUrl, {
        allowedOrigins: [new URL(readProviderEnv("fal").queueUrl).origin],
        maxBytes: MAX_IMAGE_BYTES,
        timeoutMs: DOWNLOAD_TIMEOUT_MS,
        expect: "image",
        log: context.log,
        signal: context.signal,
      });
      const path = pathOf(job, download.extension as ImageExtension);
      const url = await services.store.put(path, download.body, download.contentType);
      const { width = null, height = null } = download.imageSize ?? {};
      return { url, width, height };
    },
  });
}

function pathOf(job: ClaimedJob, extension: ImageExtension): string {
  return imagePath({
    project: job.project_id ?? "",
    scene: payloadOf(job).scene_id,
    image: job.subject_id ?? "",
    extension,
  });
}

function payloadOf(job: { payload: unknown }): ImagePayload {
  return job.payload as ImagePayload;
}
