/**
 * Tools that read and write what the user authors: scenes, their order, the look, the main pictures.
 *
 * @module
 */
import { z } from "zod";
import { language } from "../../../../shared/contract/fields.ts";
import { AppError } from "../app_error.ts";
import { callSql } from "../database/rpc.ts";
import { definedFields } from "./defined_fields.ts";
import { defineTool, findScene, sceneNumber, type Tool } from "./tool.ts";

const atLeastOne = "Give at least one field to change";

const readProject = defineTool({
  name: "read_project",
  effect: "reads",
  description:
    "Read the project as it is now: scenes in order with the start of their texts, pictures, " +
    "narration, clips and shots, the cast, the film, films being made, jobs by state, settings and the " +
    "credit balance.",
  input: z.strictObject({}),
  run: async ({ client, projectId }) =>
    await callSql(client, "director_project", {
      p_project_id: projectId,
    }),
});

const readScene = defineTool({
  name: "read_scene",
  effect: "reads",
  description:
    "Read one scene in full: title, narration text, plot, notes, and its shots with camera, action, " +
    "who is in them, their pictures and clip.",
  input: z.strictObject({ scene: sceneNumber }),
  run: async ({ client, projectId }, { scene }) => {
    const found = await callSql(client, "director_scene", {
      p_project_id: projectId,
      p_scene: scene,
    });
    if (found === null) throw new AppError("NOT_FOUND", `Cannot find scene ${scene}`);
    return found;
  },
});

const rewriteScene = defineTool({
  name: "rewrite_scene",
  effect: "writes",
  description:
    "Change a scene's title, narration text or plot (what is to be seen). Fields left out stay.",
  input: z.strictObject({
    scene: sceneNumber,
    title: z.string().trim().max(200).optional(),
    text: z.string().trim().min(1).max(10_000).optional(),
    plot: z.string().trim().max(5000).optional(),
  }).refine(({ scene: _, ...fields }) => Object.keys(fields).length > 0, { error: atLeastOne }),
  run: async (scope, { scene: number, ...fields }) => {
    const scene = await findScene(scope, number);
    const { data } = await scope.client.from("scenes").update(definedFields(fields))
      .eq("id", scene.id).eq("project_id", scope.projectId)
      .select("index, title, text, plot").maybeSingle().throwOnError();
    if (data === null) throw new AppError("NOT_FOUND", `Cannot find scene ${number}`);
    const { index, ...written } = data;
    return { scene: index, ...written };
  },
});

const reorderScenes = defineTool({
  name: "reorder_scenes",
  effect: "writes",
  description:
    "Put the scenes into another order: all present numbers, each once, in the new order.",
  input: z.strictObject({ order: z.array(sceneNumber).min(1).max(100) }),
  run: async ({ client, projectId }, { order }) => {
    const { data } = await client.from("scenes").select("id, index, title")
      .eq("project_id", projectId).order("index").throwOnError();
    const ids = order.flatMap((number) => data.filter(({ index }) => index === number));
    if (ids.length !== data.length || new Set(order).size !== data.length) {
      throw new AppError(
        "VALIDATION_FAILED",
        `Cannot reorder: name each of ${data.map(({ index }) => index).join(", ")} once`,
      );
    }
    await callSql(client, "reorder_scenes", {
      p_project_id: projectId,
      p_scene_ids: ids.map(({ id }) => id),
    });
    return { scenes: ids.map(({ title }, at) => ({ scene: at + 1, title })) };
  },
});

/** A film has no column for either: it goes on with those of the film before. */
const KEPT_LOOK =
  "A project whose film was made before keeps its look and voice: give start whole_film style or voice_id";

const changeStyle = defineTool({
  name: "change_style",
  effect: "writes",
  description:
    "Change the project's tone or language, or the user's default picture style or narrator's " +
    "voice (such as ko-KR-Neural2-A). What is already made stays as it is.",
  input: z.strictObject({
    tone: z.string().trim().min(1).max(50).optional(),
    language: language.optional(),
    image_style: z.string().trim().min(1).max(500).optional(),
    voice: z.string().regex(/^[A-Za-z]{2,3}-[A-Za-z0-9-]{2,90}$/).optional(),
  }).refine((fields) => Object.keys(fields).length > 0, { error: atLeastOne }),
  run: async ({ client, projectId }, { tone, language, image_style, voice }) => {
    const project = definedFields({ tone, language });
    const settings = definedFields({ default_image_style: image_style, default_tts_voice: voice });
    if (Object.keys(project).length > 0) {
      await client.from("projects").update(project).eq("id", projectId).throwOnError();
    }
    if (Object.keys(settings).length > 0) {
      // One's own row is the only one that RLS shows; PostgREST wants a filter all the same.
      await client.from("settings").update(settings).not("user_id", "is", null).throwOnError();
    }
    const changed = { ...project, ...settings };
    return Object.keys(settings).length === 0 ? { changed } : { changed, note: KEPT_LOOK };
  },
});

const pickMainPicture = defineTool({
  name: "pick_main_picture",
  effect: "writes",
  description:
    "Choose which ready picture stands for its scene. Clips are rendered from main pictures.",
  input: z.strictObject({ picture_id: z.uuid() }),
  run: async ({ client, projectId }, { picture_id }) => {
    const { data } = await client.from("image_assets").update({ is_main: true })
      .eq("id", picture_id).eq("project_id", projectId).eq("status", "ready")
      .not("scene_id", "is", null).select("id").throwOnError();
    if (data.length === 0) {
      throw new AppError(
        "NOT_FOUND",
        `Cannot find a ready picture "${picture_id}" of a scene here`,
      );
    }
    return { picture_id, is_main: true };
  },
});

/** All of them. */
export const CONTENT_TOOLS: readonly Tool[] = [
  readProject,
  readScene,
  rewriteScene,
  reorderScenes,
  changeStyle,
  pickMainPicture,
];
