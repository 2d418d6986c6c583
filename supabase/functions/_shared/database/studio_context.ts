/**
 * What an operation needs to know of a project, read with the caller's own rights in one round trip.
 *
 * @module
 */
import type { Database } from "../../../../shared/database.types.ts";
import { AppError } from "../app_error.ts";
import type { Idempotency } from "../idempotency.ts";
import { callSql, type Client } from "./rpc.ts";

type Tables = Database["public"]["Tables"];

/** A shot, and who is in it. */
export type FrameContext = Tables["frames"]["Row"] & { readonly character_ids: readonly string[] };

/** Rows as stored. Assets are the ready ones only, newest first; scenes are in order. */
export interface StudioContext {
  /** The caller's own. */
  readonly project: Tables["projects"]["Row"];
  /** By index. */
  readonly scenes: readonly Tables["scenes"]["Row"][];
  /** The cast, in the order it was written. */
  readonly characters: readonly Tables["characters"]["Row"][];
  /** Shots in the film's order. */
  readonly frames: readonly FrameContext[];
  /** Uploaded ones too. */
  readonly images: readonly Tables["image_assets"]["Row"][];
  /** Narration. */
  readonly audio_clips: readonly Tables["audio_clips"]["Row"][];
  /** Clips. */
  readonly video_clips: readonly Tables["video_clips"]["Row"][];
  /** Finished ones. */
  readonly films: readonly Tables["films"]["Row"][];
  /** The caller's. */
  readonly settings: Tables["settings"]["Row"];
  /** The caller's, in credits. */
  readonly balance: number;
  /** The catalogue's models of the kind asked for, retired ones included. */
  readonly models: readonly Tables["models"]["Row"][];
}

/** What may be read before there is a project. */
export type CatalogueContext = Pick<StudioContext, "settings" | "models" | "balance">;

/** The click a read is for: it may have been answered before. */
export interface ReadFor {
  /** Reads with the caller's own rights. */
  readonly client: Client;
  /** Absent for operations that spend nothing. */
  readonly click?: Idempotency & { readonly operation: string };
}

/** The first answer of a click that came again. */
export interface Replay {
  /** What there is to answer, at once. */
  readonly replay: { readonly status: number; readonly body: string; readonly replayed: true };
}

/**
 * Reads settings and catalogue. Throws `UNAUTHENTICATED` when the account is gone, `IDEMPOTENCY_KEY_REUSED`.
 */
export async function readCatalogue(
  of: ReadFor,
  kind: string,
): Promise<Replay | CatalogueContext & { readonly replay: null }> {
  const found = await read(of, { p_kind: kind });
  if ("replay" in found) return found;
  const { settings, models, balance } = found;
  if (settings === null) throw gone();
  return { settings, models, balance, replay: null };
}

/**
 * Reads a project by its id or by one of its scenes, and the catalogue's models of `kind` (or `all`).
 * Throws `NOT_FOUND` when there is none, or it is another tenant's; `UNAUTHENTICATED` when the account is gone;
 * `IDEMPOTENCY_KEY_REUSED`.
 */
export async function readStudio(
  of: ReadFor,
  kind: string,
  { projectId, sceneId }: { projectId?: string | undefined; sceneId?: string | undefined },
): Promise<Replay | StudioContext & { readonly replay: null }> {
  const found = await read(of, {
    p_kind: kind,
    ...(projectId === undefined ? {} : { p_project_id: projectId }),
    ...(sceneId === undefined ? {} : { p_scene_id: sceneId }),
  });
  if ("replay" in found) return found;
  const { project, settings } = found;
  if (settings === null) throw gone();
  if (project === null) {
    const [what, id] = sceneId === undefined ? ["project", projectId] : ["scene", sceneId];
    throw new AppError("NOT_FOUND", `Cannot find ${what} "${id}"`);
  }
  return { ...found, project, settings, replay: null };
}

/** As SQL answers: null where the caller may see nothing. */
type Found = Omit<StudioContext, "project" | "settings"> & {
  readonly project: StudioContext["project"] | null;
  readonly settings: StudioContext["settings"] | null;
};

async function read(
  { client, click }: ReadFor,
  args: Database["public"]["Functions"]["studio_context"]["Args"],
): Promise<Found | Replay> {
  // Rows as jsonb: their shape is the tables' own, which the generated types hold.
  const found: unknown = await callSql(client, "studio_context", {
    ...args,
    ...(click === undefined ? {} : { p_click: { ...click } }),
  });
  const answer = found as Found | { replay: { status: number; body: string } };
  return "replay" in answer ? { replay: { ...answer.replay, replayed: true } } : answer;
}

function gone(): AppError {
  return new AppError("UNAUTHENTICATED", "Cannot tell who you are: the account no longer exists");
}
