/**
 * Whether a film of the project is being made, and what may be written meanwhile.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Tool, ToolScope } from "./tool.ts";

/** A production under way. */
export interface RunningProduction {
  /** Its job. */
  readonly id: string;
  /** What it works on. Null: not begun. */
  readonly stage: string | null;
}

/** Gives the project's unfinished production: there is one at most. */
export async function findProduction(
  { client, projectId }: Pick<ToolScope, "client" | "projectId">,
): Promise<RunningProduction | null> {
  const { data } = await client.from("jobs").select("id, stage")
    .eq("project_id", projectId).eq("kind", "production").is("finished_at", null)
    .limit(1).throwOnError();
  return data[0] ?? null;
}

/**
 * Throws `STATE_CONFLICT` when a tool would write under a film that is being made: the film makes anew whatever
 * is written anew, and that costs credits that nobody confirmed. While it waits for the cast, the cast may change:
 * see {@link assertMayRewrite}.
 */
export async function assertMayWrite(
  scope: ToolScope,
  { name, writes }: Pick<Tool, "name" | "writes">,
): Promise<void> {
  const running = await findProduction(scope);
  if (running === null || (running.stage === "confirmation" && writes === "cast")) return;
  throw refusalOf(name, running);
}

/**
 * Throws `STATE_CONFLICT` for a character of a film being made whom the user has confirmed or who is in a shot:
 * the film would buy every picture and clip with them again.
 */
export async function assertMayRewrite(
  scope: ToolScope,
  character: {
    readonly id: string;
    readonly name: string;
    /** Null: not yet. */
    readonly confirmed_at: string | null;
  },
): Promise<void> {
  const running = await findProduction(scope);
  if (running === null) return;
  const { data } = await scope.client.from("frame_characters").select("frame_id")
    .eq("character_id", character.id).eq("project_id", scope.projectId).limit(1).throwOnError();
  if (character.confirmed_at === null && data.length === 0) return;
  throw refusalOf(`rewrite "${character.name}"`, running);
}

function refusalOf(what: string, running: RunningProduction): AppError {
  return new AppError(
    "STATE_CONFLICT",
    `Cannot ${what} now: a film is being made of the project (job "${running.id}", at ` +
      `"${
        running.stage ?? "the beginning"
      }"), and it would make anew, for more credits, what changes`,
    { hint: "Wait until it is made, or propose to cancel it" },
  );
}
