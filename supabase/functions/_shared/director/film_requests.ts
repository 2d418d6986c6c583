/**
 * Films, and single levels of them, that a model asks for.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { findProduction } from "./film_guard.ts";
import type { StartInput } from "./start_input.ts";
import type { StartRequest } from "./start_requests.ts";
import type { ToolScope } from "./tool.ts";

/** What {@link filmRequestOf} makes a request of. */
type FilmInput = StartInput & {
  readonly what: "whole_film" | "characters" | "scenes" | "shots";
};

/** Makes the request. Errors: `STATE_CONFLICT` when a film of the project is being made. */
export async function filmRequestOf(scope: ToolScope, input: FilmInput): Promise<StartRequest> {
  const running = await findProduction(scope);
  if (running !== null) {
    throw new AppError(
      "STATE_CONFLICT",
      `Cannot start this now: job "${running.id}" works on the project, at "${running.stage}"`,
    );
  }
  const project_id = scope.projectId;
  const { character_count, image_model, shots_per_scene } = input;
  switch (input.what) {
    case "whole_film": {
      const { target_length, style, voice_id, video_model, stop_at = "film", budget_credits } =
        input;
      const options = {
        target_length,
        shots_per_scene,
        character_count,
        style,
        voice_id,
        video_model,
        image_model,
      };
      return {
        operation: "make-film",
        body: plain({ project_id, options, stop_at, budget_credits }),
        title: stop_at === "film"
          ? "Make the film: everything that is still missing"
          : `Work on the film up to the stage "${stop_at}"`,
      };
    }
    case "characters":
      return {
        operation: "generate-characters",
        body: plain({ project_id, count: character_count, image_model }),
        title: "Cast the film, and draw a reference picture of each character",
      };
    case "scenes": {
      const { data } = await scope.client.from("scenes").select("id")
        .eq("project_id", project_id).throwOnError();
      const there = data.length;
      return {
        operation: "generate-scenes",
        body: plain({ project_id, scene_count: input.scene_count, rewrite: there > 0 }),
        title: there > 0
          ? `Write all ${there} scenes anew: their present texts and shots are replaced`
          : "Write the scenes",
      };
    }
    case "shots":
      return {
        operation: "generate-frames",
        body: plain({ project_id, shots_per_scene }),
        title: "Break the scenes that have no shots into shots",
      };
  }
}

/** As JSON, without what was left out. */
function plain(body: Readonly<Record<string, unknown>>): StartRequest["body"] {
  return JSON.parse(JSON.stringify(body));
}
