/**
 * One look at a production, with the user's own rights: its job, its children, and what there is of the film.
 *
 * @module
 */
import type { SupabaseClient } from "@supabase/supabase-js";
import { StudioError } from "../../../shared/client/studio_error.ts";
import type { Database } from "../../../shared/database.types.ts";

type Tables = Database["public"]["Tables"];

/** What is read of a job. */
export type LookedJob = Pick<
  Tables["jobs"]["Row"],
  | "id"
  | "kind"
  | "state"
  | "stage"
  | "child_key"
  | "project_id"
  | "result"
  | "error"
  | "created_at"
  | "finished_at"
>;

/** What the film is about. */
export interface Plot {
  /** Null: there is no script yet. */
  readonly project: Pick<Tables["projects"]["Row"], "id" | "title"> | null;
  /** In order. */
  readonly scenes: readonly Pick<Tables["scenes"]["Row"], "id" | "index" | "title" | "text">[];
  /** Who is in it. */
  readonly characters: readonly Pick<Tables["characters"]["Row"], "id" | "name">[];
  /** Its shots, in no order. */
  readonly frames: readonly Pick<Tables["frames"]["Row"], "id" | "scene_id" | "index">[];
}

/** What one look shows. */
export interface ProductionLook extends Plot {
  /** The production. */
  readonly job: LookedJob;
  /** In the order in which they began. */
  readonly children: readonly LookedJob[];
}

const COLUMNS =
  "id, kind, state, stage, child_key, project_id, result, error, created_at, finished_at";

/**
 * Makes the looking. One request serves all jobs; the plot is read again only when the production works on
 * something else than before. Errors: {@link StudioError}.
 */
export function createLook(
  supabase: SupabaseClient<Database>,
  jobId: string,
): () => Promise<ProductionLook> {
  let known = "";
  let plot: Plot = { project: null, scenes: [], characters: [], frames: [] };
  return async () => {
    const jobs = rowsOf(
      await supabase.from("jobs").select(COLUMNS).or(`id.eq.${jobId},parent_id.eq.${jobId}`)
        .order("created_at"),
    );
    const job = jobs.find(({ id }) => id === jobId);
    if (job === undefined) throw new StudioError("NOT_FOUND", "Cannot see the production's job");
    const { project_id, stage, finished_at } = job;
    const now = JSON.stringify([project_id, stage, finished_at]);
    if (project_id !== null && now !== known) {
      plot = await readPlot(supabase, project_id);
      known = now;
    }
    return { job, children: jobs.filter(({ id }) => id !== jobId), ...plot };
  };
}

/** Reads what a project's film is about. Errors: {@link StudioError}. */
async function readPlot(supabase: SupabaseClient<Database>, projectId: string): Promise<Plot> {
  const [projects, scenes, characters, frames] = await Promise.all([
    supabase.from("projects").select("id, title").eq("id", projectId),
    supabase.from("scenes").select("id, index, title, text").eq("project_id", projectId)
      .order("index"),
    supabase.from("characters").select("id, name").eq("project_id", projectId)
      .order("created_at"),
    supabase.from("frames").select("id, scene_id, index").eq("project_id", projectId),
  ]);
  return {
    project: rowsOf(projects)[0] ?? null,
    scenes: rowsOf(scenes),
    characters: rowsOf(characters),
    frames: rowsOf(frames),
  };
}

/** The rows of an answer. Throws {@link StudioError} when there are none because it failed. */
export function rowsOf<Row>(
  answer: { readonly data: Row[]; readonly error: null } | {
    readonly data: null;
    readonly error: { readonly message: string };
  },
): Row[] {
  if (answer.error === null) return answer.data;
  throw new StudioError("INTERNAL", answer.error.message, { cause: answer.error });
}
