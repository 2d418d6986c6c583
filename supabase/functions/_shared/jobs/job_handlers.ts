/**
 * All kinds of jobs, for workers that take whatever comes. Imports everything they need, the AI SDK
 * included: functions that start one kind import that kind alone.
 *
 * @module
 */
import { createAudioJob } from "./audio_job.ts";
import type { JobHandler } from "./handler.ts";
import type { AllJobServices } from "./job_services.ts";
import { createRenderHandlers } from "./render_handlers.ts";
import { createScriptJob } from "./script_job.ts";
import { createWritingJob } from "./writing_job.ts";

/** One handler for each kind of {@link JobHandler}. */
export function createJobHandlers(services: AllJobServices): JobHandler[] {
  return [
    createScriptJob(services),
    createAudioJob(services),
    createWritingJob("characters", services),
    createWritingJob("scenes", services),
    createWritingJob("frames", services),
    ...createRenderHandlers(services),
  ];
}
