/**
 * Films: clips and narration cut into one mp4 by copying packets, then kept in Storage. Music is
 * mixed with the narration first. Clips that differ too
 * much for that are joined by the second cutter, where there is one.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { ClaimedJob } from "../database/job_queue.ts";
import { stitchFilm, type StitchOptions } from "../media/stitch.ts";
import { mixClips } from "../media/stitch_music.ts";
import { removeMix, soundOf } from "./film_music.ts";
import { type FilmPayload, filmResult, MAX_FILM_BYTES } from "./film_payload.ts";
import type { JobHandler, JobOutcome, StepContext } from "./handler.ts";
import type { JobServices } from "./job_services.ts";
import { canBeJoined, createJoinHandler, planJoin } from "./join_clips.ts";
import { FILM_CUTTER } from "./film_cutters.ts";

/** So long that this worker, whose CPU is used up, does not take the job at once again itself. */
const AFTER_MIX_SECONDS = 1;

/** Makes the handler of kind `film`. */
export function createFilmJob(services: JobServices): JobHandler {
  const options = (context: StepContext): StitchOptions => ({
    maxBytes: MAX_FILM_BYTES,
    allowedOrigins: [new URL(services.supabaseUrl).origin],
    signal: context.signal,
  });
  const joining = createJoinHandler(services, options);
  return {
    kind: "film",
    run: async (job, context) => {
      if (job.provider !== null) return await joining.run(job, context);
      const payload = payloadOf(job);
      try {
        return await copy(services, job, { payload, context, options });
      } catch (error) {
        if (!canBeJoined(error, payload) || !isConfigured(context)) throw error;
        context.log.info("film_not_copyable", { why: error instanceof Error ? error.message : "" });
      }
      const to = await planJoin(services, job, { payload, options: options(context) });
      const routed: NonNullable<Json> = JSON.parse(JSON.stringify(to));
      const { name: provider } = FILM_CUTTER;
      const isRouted = await services.queue.route(job, { provider, payload: routed });
      if (!isRouted) return { then: "lost" };
      return await joining.run({ ...job, provider, payload: routed }, context);
    },
  };
}

interface Copy {
  readonly payload: FilmPayload;
  readonly context: StepContext;
  readonly options: (context: StepContext) => StitchOptions;
}

async function copy(
  services: JobServices,
  job: ClaimedJob,
  { payload, context, options }: Copy,
): Promise<JobOutcome> {
  const clips = payload.clips.map((clip) => ({
    url: clip.clip_url,
    narrationUrl: clip.audio_url,
    durationSeconds: clip.duration_sec,
  }));
  const sound = await soundOf(services, job, {
    payload,
    options: options(context),
    mix: (music) => mixClips({ ...options(context), clips, music }),
  });
  if (sound === "later") return { then: "requeue", seconds: AFTER_MIX_SECONDS };
  context.progress(0.5);
  const film = await stitchFilm({ ...options(context), clips, mixedSound: sound });
  const result = await filmResult(services.store, job, { payload, film });
  if (payload.music !== undefined) await removeMix(services, job);
  return { then: "done", result };
}

/** Without a key the packet copy's own refusal stands: it names the clips and in what they differ. */
function isConfigured(context: StepContext): boolean {
  try {
    FILM_CUTTER.create(context.log);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "PROVIDER_NOT_CONFIGURED") return false;
    throw error;
  }
}

function payloadOf(job: { payload: unknown }): FilmPayload {
  return job.payload as FilmPayload;
}
