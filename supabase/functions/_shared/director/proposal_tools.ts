/**
 * Tools that spend, stop or delete: they do none of it, they ask. What they ask is kept with its price, shown
 * to the user, and run only when a person confirms it.
 *
 * @module
 */
import { z } from "zod";
import { MAX_CHARACTERS } from "../../../../shared/contract/film_operations.ts";
import { isJobEnded, type JobState } from "../../../../shared/contract/statuses.ts";
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import { planAction } from "./actions.ts";
import type { NewProposal } from "./conversation.ts";
import { characterName, findCharacters } from "./cast_and_shots.ts";
import { assertMayWrite, findProduction } from "./film_guard.ts";
import { startInput } from "./start_input.ts";
import { requestOf } from "./start_requests.ts";
import { named, quoted } from "./titles.ts";
import { defineTool, findScene, sceneNumber, type Tool, type ToolScope } from "./tool.ts";

const start = defineTool({
  name: "start",
  effect: "proposes",
  description:
    "Propose to make something that costs credits: pictures, narration, clips, the film's cut, the cast, " +
    "scenes, shots, all that a film still needs, or a failed job again. The user is shown the price and has " +
    "to confirm; nothing runs before.",
  input: startInput,
  run: async (scope, input) => {
    const { operation, body, title } = await requestOf(scope, input);
    const { client, projectId, log } = scope;
    const { quote } = await planAction(client, { operation, body, projectId }, log);
    const { credits, typical_sec: typicalSec } = quote;
    return await ask(scope, { operation, body, title, credits, typicalSec });
  },
});

const cancelJob = defineTool({
  name: "cancel_job",
  effect: "proposes",
  description:
    "Propose to stop an unfinished job, also a whole film being made. The user has to confirm.",
  input: z.strictObject({ job_id: z.uuid() }),
  run: async (scope, { job_id }) => {
    const { data: job } = await scope.client.from("jobs").select("kind, state, stage")
      .eq("id", job_id).eq("project_id", scope.projectId).maybeSingle().throwOnError();
    if (job === null) throw new AppError("NOT_FOUND", `Cannot find job "${job_id}" here`);
    if (isJobEnded(job.state as JobState)) {
      throw new AppError("STATE_CONFLICT", `Cannot cancel the job: its state is "${job.state}"`);
    }
    return await ask(scope, {
      operation: "cancel-job",
      body: { job_id },
      title: job.kind === "production"
        ? `Stop making the film${job.stage === null ? "" : `, at the stage "${job.stage}"`}`
        : `Stop the ${job.kind} job that is ${job.state}`,
      credits: 0,
      typicalSec: 0,
    });
  },
});

const confirmCharacters = defineTool({
  name: "confirm_characters",
  effect: "proposes",
  description:
    "Propose to confirm characters as they are, those named or all that are not yet. It costs nothing itself, " +
    "but a film that waits for its cast goes on and spends. The user has to confirm.",
  input: z.strictObject({
    characters: z.array(characterName).min(1).max(MAX_CHARACTERS).optional(),
  }),
  run: async (scope, { characters }) => {
    const cast = await castOf(scope, characters);
    const bare = cast.filter(({ image_id }) => image_id === null).map(({ name }) => name);
    if (bare.length > 0) {
      throw new AppError(
        "STATE_CONFLICT",
        `Cannot confirm ${bare.join(", ")}: there is no reference picture yet`,
      );
    }
    const running = await findProduction(scope);
    const names = cast.map(({ name }) => quoted(name)).join(", ");
    return await ask(scope, {
      operation: "confirm-characters",
      body: { project_id: scope.projectId, character_ids: cast.map(({ id }) => id) },
      title: running === null
        ? `Confirm the cast: ${names}`.slice(0, 300)
        : `Let the film go on with this cast: ${names}`.slice(0, 300),
      credits: 0,
      typicalSec: 0,
    });
  },
});

async function castOf(scope: ToolScope, names: readonly string[] | undefined) {
  if (names !== undefined) return await findCharacters(scope, [...new Set(names)]);
  const { data } = await scope.client.from("characters").select("id, name, image_id")
    .eq("project_id", scope.projectId).is("confirmed_at", null).order("created_at").throwOnError();
  if (data.length === 0) throw new AppError("STATE_CONFLICT", "There is nobody to confirm");
  if (data.length > MAX_CHARACTERS) {
    throw new AppError("VALIDATION_FAILED", `Name at most ${MAX_CHARACTERS} characters`);
  }
  return data;
}

const deleteScene = defineTool({
  name: "delete_scene",
  effect: "proposes",
  description:
    "Propose to delete a scene with its pictures, narration and clips, while nothing of it is being made. The " +
    "user has to confirm.",
  input: z.strictObject({ scene: sceneNumber }),
  run: async (scope, { scene: number }) => {
    const scene = await findScene(scope, number);
    await assertMayWrite(scope, { name: "delete_scene" });
    return await ask(scope, {
      operation: "delete-scene",
      body: { scene_id: scene.id },
      title: `Delete ${named(scene)}`,
      credits: 0,
      typicalSec: 0,
    });
  },
});

async function ask(scope: ToolScope, proposal: NewProposal): Promise<Json> {
  const { proposal_id, title, credits, typical_sec } = await scope.propose(proposal);
  return { proposal_id, title, credits, typical_sec, state: "waits for the user to confirm" };
}

/** All of them. */
export const PROPOSAL_TOOLS: readonly Tool[] = [start, confirmCharacters, cancelJob, deleteScene];
