/**
 * What a model asks to be started, in scene numbers, turned into the operation's own request.
 *
 * @module
 */
import { z } from "zod";
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { SpendOperation } from "./actions.ts";
import { findScene, findScenes, sceneNumber, type ToolScope } from "./tool.ts";

/** What a model says. */
export const startInput = z.strictObject({
  what: z.enum(["picture", "narration", "clips", "film", "retry"]),
  scenes: z.array(sceneNumber).min(1).max(30).optional()
    .describe("Scene numbers. A picture takes one; narration and clips: all scenes when absent"),
  candidates: z.int().min(1).max(4).optional().describe("Pictures to choose from, for `picture`"),
  job_id: z.uuid().optional().describe("The failed job, for `retry`"),
});

/** A request, and how people call it. */
export interface StartRequest {
  /** What to run. */
  readonly operation: SpendOperation;
  /** Its request. */
  readonly body: Json;
  /** One line. */
  readonly title: string;
}

/** Makes the request, with ids of this project only. Errors: `NOT_FOUND`, `VALIDATION_FAILED`. */
export async function requestOf(
  scope: ToolScope,
  { what, scenes, candidates, job_id }: z.output<typeof startInput>,
): Promise<StartRequest> {
  const project_id = scope.projectId;
  switch (what) {
    case "picture": {
      const [number] = scenes ?? [];
      if (number === undefined || scenes?.length !== 1) {
        throw new AppError("VALIDATION_FAILED", "Name the one scene to draw");
      }
      const scene = await findScene(scope, number);
      const count = candidates ?? 1;
      return {
        operation: "generate-image",
        body: { scene_id: scene.id, num_images: count },
        title: `Draw ${count === 1 ? "a picture" : `${count} pictures`} for ${named(scene)}`,
      };
    }
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
      if (job_id === undefined) throw new AppError("VALIDATION_FAILED", "Name the job to retry");
      return { operation: "retry-job", body: { job_id }, title: "Try the failed job again" };
  }
}

async function scenesOf(scope: ToolScope, numbers: readonly number[] | undefined) {
  if (numbers !== undefined) return await findScenes(scope, [...new Set(numbers)]);
  const { data } = await scope.client.from("scenes").select("id, index, title")
    .eq("project_id", scope.projectId).order("index").limit(30).throwOnError();
  if (data.length === 0) throw new AppError("STATE_CONFLICT", "The project has no scenes");
  return data;
}

/** A scene as a title names it: its number first, since its own title is anybody's text. */
export function named({ index, title }: { index: number; title: string }): string {
  return `scene ${index}${title === "" ? "" : ` (${Array.from(title).slice(0, 60).join("")})`}`;
}
