/**
 * `GET|POST get-video-status?job_id=`: how far a clip is, and where it can be seen.
 *
 * Caller: user JWT. Request `jobRequest`, answer 200 with `{ job_id, status, progress, video_url,
 * thumbnail_url, error }`. Errors besides the pipeline's: 404 (no such clip's job, or another tenant's).
 * Touches: reads `jobs` and `video_clips`.
 *
 * @module
 */
import { AppError } from "../_shared/app_error.ts";
import { readJob } from "../_shared/database/job_reads.ts";
import { createOperation } from "../_shared/operation.ts";
import { platformServices, type Services } from "../_shared/services.ts";

/** Makes the operation's fetch handler. */
export function createHandler(services: () => Services): (request: Request) => Promise<Response> {
  return createOperation("get-video-status", services, async (call) => {
    const { job, asset } = await readJob(call.identity.client, call.body.job_id);
    if (job.kind !== "video" || asset === null) {
      throw new AppError("NOT_FOUND", `Cannot find a clip of job "${call.body.job_id}"`);
    }
    return {
      body: {
        job_id: job.id,
        status: asset["status"],
        progress: job.progress,
        video_url: asset["url"],
        thumbnail_url: asset["thumbnail_url"],
        error: asset["error"],
      },
    };
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
