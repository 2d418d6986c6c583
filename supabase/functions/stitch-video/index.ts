/**
 * `POST stitch-video`: cuts clips and narration into one film, with music under it where it is asked for.
 *
 * Caller: user JWT; `Idempotency-Key` required. Request `stitchVideoRequest`, answer 202 with
 * `{ film, job, credits_charged, balance }`. `clip_ids` or `cut` say which clips and in which order, `cut` also
 * how much of each is shown and whether its scene's narration is heard; without both: each scene's newest ready
 * clip, in the scenes' order. Clips in a row of one scene share its narration.
 * `music.url` is fetched, looked at and kept before anything is charged.
 * Errors besides the pipeline's: 402, 404, 409 `STATE_CONFLICT` (a scene without a ready clip), 409/422
 * `IDEMPOTENCY_*`, 413 `PAYLOAD_TOO_LARGE` and 422 `AUDIO_INVALID` (the music), 422 `MODEL_INPUT_INVALID` (too many
 * clips; a clip shorter than it shall be shown; too long for music), 429 `RATE_LIMITED` (tracks of a day), 502/504
 * (the music's host).
 * Touches: `films`, `jobs`, the ledger; Storage; fal, for clips that differ in codec, size or rate and only when
 * its key is set (else the job ends with `STATE_CONFLICT` naming what differs). README says how long a film may
 * be.
 *
 * @module
 */
import { readStudio } from "../_shared/database/studio_context.ts";
import { createFilmJob } from "../_shared/jobs/film_job.ts";
import { createJobServices } from "../_shared/jobs/job_services.ts";
import { createOperation, readFor } from "../_shared/operation.ts";
import { planFilm } from "../_shared/plans/plan_film.ts";
import { platformServices, type Services } from "../_shared/services.ts";
import { startJobs } from "../_shared/start_jobs.ts";
import type { FetchOverrides } from "../_shared/uploads/fetched_file.ts";
import { takeMusic } from "../_shared/uploads/keep_music.ts";

/** Makes the operation's fetch handler. `overrides` stand in for the network in tests. */
export function createHandler(
  services: () => Services,
  overrides: FetchOverrides = {},
): (request: Request) => Promise<Response> {
  return createOperation("stitch-video", services, async (call) => {
    const studio = await readStudio(readFor(call, "stitch-video"), "film", {
      projectId: call.body.project_id,
    });
    if (studio.replay !== null) return studio.replay;
    // Refused before anything is fetched: what is too long with music is so with any.
    const planned = planFilm(studio, call.body);
    const music = call.body.music && await takeMusic(call.body.music, {
      projectId: call.body.project_id,
      userId: call.identity.userId,
      client: call.identity.client,
      service: call.identity.serviceClient,
      supabaseUrl: call.services.supabaseUrl,
      bucket: call.services.storageBucket,
      signal: call.request.signal,
      overrides,
    });
    const jobServices = createJobServices(call.services, call.identity.serviceClient, call.log);
    return await startJobs(call, "stitch-video", {
      jobs: [music === undefined ? planned : planFilm(studio, { ...call.body, music })],
      answer: { assets: "film", jobs: "job", many: false },
      jobServices,
      handlers: [createFilmJob(jobServices)],
    });
  });
}

export default { fetch: createHandler(platformServices) } satisfies Deno.ServeDefaultExport;
