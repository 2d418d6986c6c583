/**
 * Tools on characters.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { characterName, findCharacter } from "./cast_and_shots.ts";
import { assertMayRewrite } from "./film_guard.ts";
import { defineTool, type Tool } from "./tool.ts";

const readCharacter = defineTool({
  name: "read_character",
  effect: "reads",
  description:
    "Read one character in full: how they look, their voice, whether they have a reference picture " +
    "and whether the user has confirmed them, and their pictures.",
  input: z.strictObject({ character: characterName }),
  run: async (scope, { character }) => {
    const { id, name, description, voice_id, image_id, confirmed_at } = await findCharacter(
      scope,
      character,
    );
    const { data } = await scope.client.from("image_assets").select("id, status")
      .eq("character_id", id).eq("project_id", scope.projectId)
      .order("created_at", { ascending: false }).limit(6).throwOnError();
    return {
      name,
      description,
      voice: voice_id,
      has_picture: image_id !== null,
      is_confirmed: confirmed_at !== null,
      pictures: data.map((picture) => ({
        picture_id: picture.id,
        status: picture.status,
        is_chosen: picture.id === image_id,
      })),
    };
  },
});

const rewriteCharacter = defineTool({
  name: "rewrite_character",
  effect: "writes",
  writes: "cast",
  description:
    "Change how a character looks, in words a painter could follow. Pictures and clips of shots with " +
    "them become stale; the reference picture stays until a new one is drawn. " +
    "While a film is being made: only those who are neither confirmed nor in a shot.",
  input: z.strictObject({
    character: characterName,
    description: z.string().trim().min(1).max(2000),
  }),
  run: async (scope, { character, description }) => {
    const found = await findCharacter(scope, character);
    await assertMayRewrite(scope, found);
    const { data } = await scope.client.from("characters").update({ description })
      .eq("id", found.id).eq("project_id", scope.projectId)
      .select("name, description").maybeSingle().throwOnError();
    if (data === null) throw new AppError("NOT_FOUND", `Cannot find character "${character}"`);
    return data;
  },
});

/** All of them. */
export const CAST_TOOLS: readonly Tool[] = [readCharacter, rewriteCharacter];
