/**
 * Pictures that a model asks for: of a scene, of a shot, of a character.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { findCharacter, findShot } from "./cast_and_shots.ts";
import type { StartInput } from "./start_input.ts";
import type { StartRequest } from "./start_requests.ts";
import { named, quoted } from "./titles.ts";
import { findScene, type ToolScope } from "./tool.ts";

/** Makes the request. Errors: `NOT_FOUND`, `VALIDATION_FAILED`. */
export async function pictureRequestOf(
  scope: ToolScope,
  { scenes, shot, character, candidates = 1 }: StartInput,
): Promise<StartRequest> {
  const pictures = candidates === 1 ? "a picture" : `${candidates} pictures`;
  const [number] = scenes ?? [];
  if (character !== undefined) {
    if (scenes !== undefined || shot !== undefined) {
      throw new AppError("VALIDATION_FAILED", "Name a character or a scene to draw, not both");
    }
    const { id } = await findCharacter(scope, character);
    return {
      operation: "generate-image",
      body: {
        project_id: scope.projectId,
        character_id: id,
        num_images: candidates,
      },
      title: `Draw ${pictures} of ${quoted(character)}`,
    };
  }
  if (number === undefined || scenes?.length !== 1) {
    throw new AppError("VALIDATION_FAILED", "Name the one scene to draw");
  }
  if (shot !== undefined) {
    const found = await findShot(scope, { scene: number, shot });
    return {
      operation: "generate-image",
      body: { project_id: scope.projectId, frame_id: found.id, num_images: candidates },
      title: `Draw ${pictures} for shot ${shot} of scene ${number}`,
    };
  }
  const scene = await findScene(scope, number);
  return {
    operation: "generate-image",
    body: { scene_id: scene.id, num_images: candidates },
    title: `Draw ${pictures} for ${named(scene)}`,
  };
}
