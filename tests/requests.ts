/**
 * A valid request of every operation, for the tests that are made from the list of operations.
 *
 * @module
 */
import type { OperationName, OperationRequest } from "../shared/contract/operations.ts";
import { IDS } from "./factories.ts";

/** A valid request of every operation, about the rows of this file. */
export const REQUESTS: { readonly [Name in OperationName]: OperationRequest<Name> } = {
  "generate-script": { prompt: "A paper boat crosses the city", options: { scene_count: 2 } },
  "generate-image": { scene_id: IDS.scene },
  "generate-audio": { project_id: IDS.project },
  "generate-video": { project_id: IDS.project, image_ids: [IDS.image] },
  "stitch-video": { project_id: IDS.project },
  "make-film": { prompt: "A paper boat crosses the city" },
  "generate-characters": { project_id: IDS.project },
  "confirm-characters": { project_id: IDS.project },
  "generate-scenes": { project_id: IDS.project },
  "generate-frames": { project_id: IDS.project },
  estimate: { operation: "generate-audio", body: { project_id: IDS.project } },
  "upload-image": { project_id: IDS.project, content_type: "image/jpeg", size_bytes: 200_000 },
  "upload-audio": { project_id: IDS.project, audio_url: "https://192.0.2.1/tune.mp3" },
  "get-job": { job_id: IDS.job },
  "get-video-status": { job_id: IDS.job },
  "cancel-job": { job_id: IDS.job },
  "retry-job": { job_id: IDS.job },
  "queue-status": {},
  "director": { confirm: IDS.proposal },
  "delete-project": { project_id: IDS.project },
  "restore-project": { project_id: IDS.project },
  "delete-account": { confirm: "DELETE" },
  "list-voices": { language: "en" },
  "export-project": { project_id: IDS.project },
  "poll-video": {},
  "run-jobs": {},
  "purge-projects": {},
  "video-webhook": { code: 200, data: { taskId: "task-1" } },
};
