/**
 * Narration: spoken in one step, because speaking is quick and safe to repeat.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { ClaimedJob } from "../database/job_queue.ts";
import { audioPath } from "../media/storage_path.ts";
import type { Speech, SpeechRequest, SpeechSynthesizer } from "../providers/speech.ts";
import { createSpeech } from "../providers/speech_provider.ts";
import { backoffSeconds, isTooLate } from "./backoff.ts";
import type { JobHandler, JobOutcome, StepContext } from "./handler.ts";
import type { JobServices } from "./job_services.ts";

/** What `jobs.payload` of narration holds. */
export interface AudioPayload {
  /** What to say, and how. */
  readonly request: SpeechRequest;
  /** Whose narration it is: part of the path. */
  readonly scene_id: string;
}

/** Makes the handler of kind `audio`. */
export function createAudioJob(
  services: JobServices,
  create: () => SpeechSynthesizer = () => createSpeech(services.log),
): JobHandler {
  let speech: SpeechSynthesizer | undefined;
  return {
    kind: "audio",
    run: async (job, context) => {
      const payload: unknown = job.payload;
      const { request, scene_id } = payload as AudioPayload;
      speech ??= create();
      let spoken: Speech;
      try {
        spoken = await speech.synthesize(request, { signal: context.signal });
      } catch (error) {
        return postponed(job, error, context);
      }
      const path = audioPath({
        project: job.project_id ?? "",
        scene: scene_id,
        audio: job.subject_id ?? "",
        extension: spoken.format,
      });
      const url = await services.store.put(path, spoken.audio, spoken.contentType);
      return { then: "done", result: { url, duration_sec: spoken.durationSeconds } };
    },
  };
}

/**
 * A provider that is down or limits our rate is nobody's failure: the deadline bounds the waiting. Rethrows
 * everything else, and what only our own step's end brought about.
 */
function postponed(job: ClaimedJob, error: unknown, { log, signal }: StepContext): JobOutcome {
  const isTheirs = error instanceof AppError && !signal.aborted &&
    (error.code === "PROVIDER_RATE_LIMITED" || error.code === "PROVIDER_UNAVAILABLE");
  if (!isTheirs) throw error;
  // No breaker watches speech: who asks in vain asks less and less often.
  const seconds = error.retryAfterSeconds ?? backoffSeconds(job.attempt);
  if (isTooLate(job, seconds)) return { then: "fail", error };
  log.error("speech_postponed", { code: error.code, seconds }, error);
  return { then: "requeue", seconds };
}
