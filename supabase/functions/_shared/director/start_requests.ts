/**
 * What a model asks to be started, turned into the operation's own request: ids of this project alone.
 *
 * @module
 */
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { SpendOperation } from "./actions.ts";
import { filmRequestOf } from "./film_requests.ts";
import { pictureRequestOf } from "./picture_requests.ts";
import { assertFieldsBelong, type StartInput } from "./start_input.ts";
import { findScene, findScenes, type ToolScope } from "./tool.ts";
import { named } from "./titles.ts";

/** A request, and how people call it. */
export interface StartRequest {
  /** What to run. */
  readonly operation: SpendOperation;
  /** Its request. */
  readonly body: Json;
  /** One line. */
  readonly title: string;
}

/** Makes the request. Errors: `NOT_FOUND`, `STATE_CONFLICT`, `VALIDATION_FAILED`. */
export async function requestOf(scope: ToolScope, input: StartInput): Promise<StartRequest> {
  assertFieldsBelong(input);
  const project_id = scope.projectId;
  const { what, scenes } = input;
  switch (what) {
    case "picture":
      return await pictureRequestOf(scope, input);
    case "narration": {
      if (scenes === undefined) {
        return {
          operation: "generate-audio",
          body: { project_id },
          title: "Speak the narration of all scenes",
        };
      }
      const [number] = scenes;
      if (number === undefined || scenes.length !== 1) {
        throw new AppError("VALIDATION_FAILED", "Name one scene to speak, or none for all");
      }
      const scene = await findScene(scope, number);
      return {
        operation: "generate-audio",
        body: { scene_id: scene.id },
        title: `Speak the narration of ${named(scene)}`,
      };
    }
    case "clips": {
      const found = await scenesOf(scope, scenes);
      return {
        operation: "generate-video",
        body: { project_id, scene_ids: found.map(({ id }) => id) },
        title: `Render ${found.length === 1 ? "a clip" : `${found.length} clips`}: scene ${
          found.map(({ index }) => index).join(", ")
        }`,
      };
    }
    case "film":
      return { operation: "stitch-video", body: { project_id }, title: "Cut the film" };
    case "retry":
      return await retryOf(scope, input.job_id);
    default:
      return await filmRequestOf(scope, { ...input, what });
  }
}

/** Kinds that can be tried again: one asset each, or a whole film. What a film writes is retried with it. */
const RETRIED_KINDS: Readonly<Record<string, string>> = {
  image: "Try the failed picture again",
  audio: "Try the failed narration again",
  video: "Try the failed clip again",
  film: "Try to cut the film again",
  production: "Go on with the film: what is missing is made, what is there is kept",
};

async function retryOf({ client, projectId }: ToolScope, id: string | undefined) {
  if (id === undefined) throw new AppError("VALIDATION_FAILED", "Name the job to retry");
  const { data: job } = await client.from("jobs").select("kind")
    .eq("id", id).eq("project_id", projectId).maybeSingle().throwOnError();
  if (job === null) throw new AppError("NOT_FOUND", `Cannot find job "${id}" in this project`);
  const title = RETRIED_KINDS[job.kind];
  if (title === undefined) {
    throw new AppError("STATE_CONFLICT", `Cannot retry a job of kind "${job.kind}" from here`);
  }
  return { operation: "retry-job", body: { job_id: id }, title } as const;
}

async function scenesOf(scope: ToolScope, numbers: readonly number[] | undefined) {
  if (numbers !== undefined) return await findScenes(scope, [...new Set(numbers)]);
  const { data } = await scope.client.from("scenes").select("id, index, title")
    .eq("project_id", scope.projectId).order("index").limit(30).throwOnError();
  if (data.length === 0) throw new AppError("STATE_CONFLICT", "The project has no scenes");
  return data;
}
