/**
 * Tools that spend, stop or delete: they do none of it, they ask. What they ask is kept with its price, shown
 * to the user, and run only when a person confirms it.
 *
 * @module
 */
import { z } from "zod";
import { isJobEnded, type JobState } from "../../../../shared/contract/statuses.ts";
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import { planAction } from "./actions.ts";
import type { NewProposal } from "./conversation.ts";
import { named, requestOf, startInput } from "./start_requests.ts";
import { defineTool, findScene, sceneNumber, type Tool, type ToolScope } from "./tool.ts";

const start = defineTool({
  name: "start",
  effect: "proposes",
  description:
    "Propose to make something that costs credits: a scene's picture, narration, clips, the film, " +
    "or a failed job again. The user is shown the price and has to confirm; nothing runs before.",
  input: startInput,
  run: async (scope, input) => {
    const { operation, body, title } = await requestOf(scope, input);
    const { client, projectId, log } = scope;
    const { credits, typicalSec } = await planAction(client, { operation, body, projectId }, log);
    return await ask(scope, { operation, body, title, credits, typicalSec });
  },
});

const cancelJob = defineTool({
  name: "cancel_job",
  effect: "proposes",
  description: "Propose to stop an unfinished job. The user has to confirm.",
  input: z.strictObject({ job_id: z.uuid() }),
  run: async (scope, { job_id }) => {
    const { data: job } = await scope.client.from("jobs").select("id, kind, state")
      .eq("id", job_id).eq("project_id", scope.projectId).maybeSingle().throwOnError();
    if (job === null) throw new AppError("NOT_FOUND", `Cannot find job "${job_id}" here`);
    if (isJobEnded(job.state as JobState)) {
      throw new AppError("STATE_CONFLICT", `Cannot cancel the job: its state is "${job.state}"`);
    }
    return await ask(scope, {
      operation: "cancel-job",
      body: { job_id },
      title: `Stop the ${job.kind} job that is ${job.state}`,
      credits: 0,
      typicalSec: 0,
    });
  },
});

const deleteScene = defineTool({
  name: "delete_scene",
  effect: "proposes",
  description:
    "Propose to delete a scene with its pictures, narration and clips. The user has to confirm.",
  input: z.strictObject({ scene: sceneNumber }),
  run: async (scope, { scene: number }) => {
    const scene = await findScene(scope, number);
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
export const PROPOSAL_TOOLS: readonly Tool[] = [start, cancelJob, deleteScene];
