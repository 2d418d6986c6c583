/**
 * What a tool of the director is: a name, what a model may say to it, and what it does with the user's rights.
 *
 * @module
 */
import { z } from "zod";
import type { DirectorProposal, DirectorTool } from "../../../../shared/contract/director.ts";
import type { Json } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { Client } from "../database/rpc.ts";
import type { Log } from "../log.ts";
import type { NewProposal } from "./conversation.ts";

/** What tools act on: one project, with its owner's own rights. There is no way to another one. */
export interface ToolScope {
  /** The user's: RLS applies to whatever a tool reads or writes. */
  readonly client: Client;
  /** The turn's. No tool takes one from the model. */
  readonly projectId: string;
  /** Its lines carry the request's id. */
  readonly log: Log;
  /** Keeps a proposal and shows it to the user. Nothing runs. */
  propose(proposal: NewProposal): Promise<DirectorProposal>;
}

/** A tool. */
export interface Tool extends DirectorTool {
  /** `cast`: writes what a film that waits for its cast may still wait for. Absent: anything else. */
  readonly writes?: "cast";
  /** What the model may say. Strict: a field that is not in it refuses the call. */
  readonly input: z.ZodType;
  /** Does it. Throws `AppError` where it can't, and the model is told. */
  run(scope: ToolScope, input: unknown): Promise<Json>;
}

/** Makes a tool whose `run` is given its checked input. */
export function defineTool<Input>(
  tool: DirectorTool & {
    readonly writes?: "cast";
    readonly input: z.ZodType<Input>;
    run(scope: ToolScope, input: Input): Promise<Json>;
  },
): Tool {
  return { ...tool, run: (scope, input) => tool.run(scope, tool.input.parse(input)) };
}

/** A scene, as people and models name it. */
export const sceneNumber = z.int().min(1).max(100).describe("The scene's number, from 1");

/** A scene of the project. */
export type FoundScene = { readonly id: string; readonly index: number; readonly title: string };

/** Finds scenes by number, in the order asked for. Throws `NOT_FOUND` naming the first that is missing. */
export async function findScenes(
  { client, projectId }: ToolScope,
  numbers: readonly number[],
): Promise<FoundScene[]> {
  const { data } = await client.from("scenes").select("id, index, title")
    .eq("project_id", projectId).in("index", [...numbers]).throwOnError();
  return numbers.map((number) => {
    const scene = data.find(({ index }) => index === number);
    if (scene !== undefined) return scene;
    throw new AppError("NOT_FOUND", `Cannot find scene ${number} in this project`);
  });
}

/** Finds one scene. Throws `NOT_FOUND`. */
export async function findScene(scope: ToolScope, number: number): Promise<FoundScene> {
  const [scene] = await findScenes(scope, [number]);
  if (scene === undefined) throw new AppError("NOT_FOUND", `Cannot find scene ${number}`);
  return scene;
}
