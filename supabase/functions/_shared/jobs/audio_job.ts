/**
 * Narration: spoken in one step, because speaking is quick and safe to repeat.
 *
 * @module
 */
import type { JobHandler } from "./handler.ts";
import { audioPath } from "../media/storage_path.ts";
import type { SpeechRequest, SpeechSynthesizer } from "../providers/speech.ts";
import { createSpeech } from "../providers/speech_provider.ts";
import type { JobServices } from "./job_services.ts";

/** What `jobs.payload` of narration holds. */
export interface AudioPayload {
  /** What to say, and how. */
  readonly request: SpeechRequest;
  /** Whose narration it is: part of the path. */
  readonly scene_id: string;
}

/** Makes the handler of kind `audio`. */
export function createAudioJob(services: JobServices): JobHandler {
  let speech: SpeechSynthesizer | undefined;
  return {
    kind: "audio",
    run: async (job, context) => {
      const payload: unknown = job.payload;
      const { request, scene_id } = payload as AudioPayload;
      speech ??= createSpeech(services.log);
      const spoken = await speech.synthesize(request, { signal: context.signal });
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
