/**
 * Tools on shots.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { findShot, shotNumber } from "./cast_and_shots.ts";
import { definedFields } from "./defined_fields.ts";
import { defineTool, findScene, sceneNumber, type Tool } from "./tool.ts";

const rewriteShot = defineTool({
  name: "rewrite_shot",
  effect: "writes",
  description:
    "Change a shot: its camera, its action (what is to be seen) or its video_prompt (what happens, for " +
    "the clip). Fields left out stay; the picture and the clip of the shot become stale.",
  input: z.strictObject({
    scene: sceneNumber,
    shot: shotNumber,
    camera: z.string().trim().max(500).optional(),
    action: z.string().trim().min(1).max(5000).optional(),
    video_prompt: z.string().trim().max(5000).optional(),
  }).refine(({ scene: _, shot: __, ...fields }) => Object.keys(fields).length > 0, {
    error: "Give at least one field to change",
  }),
  run: async (scope, { scene, shot, ...fields }) => {
    const { id } = await findShot(scope, { scene, shot });
    const { data } = await scope.client.from("frames").update(definedFields(fields))
      .eq("id", id).eq("project_id", scope.projectId)
      .select("camera, action, video_prompt").maybeSingle().throwOnError();
    if (data === null) {
      throw new AppError("NOT_FOUND", `Cannot find shot ${shot} of scene ${scene}`);
    }
    return { scene, shot, ...data };
  },
});

const pickShotPicture = defineTool({
  name: "pick_shot_picture",
  effect: "writes",
  description: "Choose which ready picture of the project is a shot's. Its clip becomes stale.",
  input: z.strictObject({ scene: sceneNumber, shot: shotNumber, picture_id: z.uuid() }),
  run: async (scope, { scene, shot, picture_id }) => {
    const { id } = await findShot(scope, { scene, shot });
    const { client, projectId } = scope;
    const { data: picture } = await client.from("image_assets").select("id")
      .eq("id", picture_id).eq("project_id", projectId).eq("status", "ready")
      .maybeSingle().throwOnError();
    if (picture === null) {
      throw new AppError("NOT_FOUND", `Cannot find a ready picture "${picture_id}" here`);
    }
    await client.from("frames").update({ image_id: picture.id })
      .eq("id", id).eq("project_id", projectId).throwOnError();
    return { scene, shot, picture_id };
  },
});

const suggestShots = defineTool({
  name: "suggest_shots",
  effect: "reads",
  description: "Show the user ideas for shots of a scene. Nothing is stored or rendered.",
  input: z.strictObject({
    scene: sceneNumber,
    shots: z.array(z.strictObject({
      camera: z.string().trim().min(1).max(200).describe("Framing and movement"),
      action: z.string().trim().min(1).max(1000).describe("What happens"),
      duration_sec: z.number().min(1).max(60),
    })).min(1).max(8),
  }),
  run: async (scope, { scene: number, shots }) => {
    const { index, title } = await findScene(scope, number);
    return { scene: index, title, shots, stored: false };
  },
});

/** All of them. */
export const SHOT_TOOLS: readonly Tool[] = [rewriteShot, pickShotPicture, suggestShots];
