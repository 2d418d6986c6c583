/**
 * What an operation needs to know of a project, read with the caller's own rights in one round trip.
 *
 * @module
 */
import type { Database } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import { callSql, type Client } from "./rpc.ts";

type Tables = Database["public"]["Tables"];

/** Rows as stored. Assets are the ready ones only, newest first; scenes are in order. */
export interface StudioContext {
  /** The caller's own. */
  readonly project: Tables["projects"]["Row"];
  /** By index. */
  readonly scenes: readonly Tables["scenes"]["Row"][];
  /** Uploaded ones too. */
  readonly images: readonly Tables["image_assets"]["Row"][];
  /** Narration. */
  readonly audio_clips: readonly Tables["audio_clips"]["Row"][];
  /** Clips. */
  readonly video_clips: readonly Tables["video_clips"]["Row"][];
  /** The caller's. */
  readonly settings: Tables["settings"]["Row"];
  /** The catalogue's models of the kind asked for, retired ones included. */
  readonly models: readonly Tables["models"]["Row"][];
}

/** What may be read before there is a project. */
export type CatalogueContext = Pick<StudioContext, "settings" | "models">;

/** Reads settings and catalogue. Throws `UNAUTHENTICATED` when the account is gone. */
export async function readCatalogue(client: Client, kind: string): Promise<CatalogueContext> {
  const { settings, models } = await read(client, { p_kind: kind });
  if (settings === null) throw gone();
  return { settings, models };
}

/**
 * Reads a project by its id or by one of its scenes.
 * Throws `NOT_FOUND` when there is none, or it is another tenant's; `UNAUTHENTICATED` when the account is gone.
 */
export async function readStudio(
  client: Client,
  kind: string,
  of: { projectId?: string | undefined; sceneId?: string | undefined },
): Promise<StudioContext> {
  const found = await read(client, {
    p_kind: kind,
    ...(of.projectId === undefined ? {} : { p_project_id: of.projectId }),
    ...(of.sceneId === undefined ? {} : { p_scene_id: of.sceneId }),
  });
  const { project, settings } = found;
  if (settings === null) throw gone();
  if (project === null) {
    const [what, id] = of.sceneId === undefined ? ["project", of.projectId] : ["scene", of.sceneId];
    throw new AppError("NOT_FOUND", `Cannot find ${what} "${id}"`);
  }
  return { ...found, project, settings };
}

/** As SQL answers: null where the caller may see nothing. */
type Found = Omit<StudioContext, "project" | "settings"> & {
  readonly project: StudioContext["project"] | null;
  readonly settings: StudioContext["settings"] | null;
};

async function read(
  client: Client,
  args: Database["public"]["Functions"]["studio_context"]["Args"],
): Promise<Found> {
  // Rows as jsonb: their shape is the tables' own, which the generated types hold.
  const found: unknown = await callSql(client, "studio_context", args);
  return found as Found;
}

function gone(): AppError {
  return new AppError("UNAUTHENTICATED", "Cannot tell who you are: the account no longer exists");
}
