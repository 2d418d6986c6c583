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
 * is written anew, and that costs credits that nobody confirmed. While it waits for the cast, the cast may change.
 */
export async function assertMayWrite(scope: ToolScope, { name, writes }: Tool): Promise<void> {
  const running = await findProduction(scope);
  if (running === null || (running.stage === "confirmation" && writes === "cast")) return;
  throw new AppError(
    "STATE_CONFLICT",
    `Cannot ${name} now: a film is being made of the project (job "${running.id}", at ` +
      `"${
        running.stage ?? "the beginning"
      }"), and it would make anew, for more credits, what changes`,
    { hint: "Wait until it is made, or propose to cancel it" },
  );
}
