/**
 * Characters by their names, shots by their numbers.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { findScene, type FoundScene, type ToolScope } from "./tool.ts";

/** A character, as people and models name them. Names are unique within a project. */
export const characterName = z.string().trim().min(1).max(100).describe("The character's name");

/** A shot, as people and models name it. */
export const shotNumber = z.int().min(1).max(20).describe("The shot's number in its scene, from 1");

/** Finds characters by name, in the order asked for. Throws `NOT_FOUND` naming the first that is missing. */
export async function findCharacters({ client, projectId }: ToolScope, names: readonly string[]) {
  const { data } = await client.from("characters")
    .select("id, name, description, voice_id, image_id, confirmed_at")
    .eq("project_id", projectId).order("created_at").throwOnError();
  return names.map((name) => {
    const character = data.find((one) => one.name === name);
    if (character !== undefined) return character;
    throw new AppError("NOT_FOUND", `Cannot find character "${name}" in this project`);
  });
}

/** Finds one character. Throws `NOT_FOUND`. */
export async function findCharacter(scope: ToolScope, name: string) {
  const [character] = await findCharacters(scope, [name]);
  if (character === undefined) throw new AppError("NOT_FOUND", `Cannot find "${name}"`);
  return character;
}

/** A shot of the project, and its scene. */
export interface FoundShot {
  /** The row's. */
  readonly id: string;
  /** Where it is. */
  readonly scene: FoundScene;
}

/** Finds a shot. Throws `NOT_FOUND`. */
export async function findShot(
  scope: ToolScope,
  { scene: number, shot }: { readonly scene: number; readonly shot: number },
): Promise<FoundShot> {
  const scene = await findScene(scope, number);
  const { data } = await scope.client.from("frames").select("id")
    .eq("project_id", scope.projectId).eq("scene_id", scene.id).eq("index", shot)
    .maybeSingle().throwOnError();
  if (data === null) throw new AppError("NOT_FOUND", `Cannot find shot ${shot} of scene ${number}`);
  return { id: data.id, scene };
}
