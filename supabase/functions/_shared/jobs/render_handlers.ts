/**
 * The kinds of jobs that wait for somebody else: for a provider, or for their children.
 *
 * @module
 */
import { createProductionJob } from "../production/production_job.ts";
import { createFilmJob } from "./film_job.ts";
import type { JobHandler } from "./handler.ts";
import { createImageJob } from "./image_job.ts";
import type { AllJobServices } from "./job_services.ts";
import { createVideoJob } from "./video_job.ts";

/** Their handlers, for those who look after what was submitted. */
export function createRenderHandlers(services: AllJobServices): JobHandler[] {
  return [
    createVideoJob(services),
    createImageJob(services),
    createProductionJob(services.productions),
    createFilmJob(services),
  ];
}
