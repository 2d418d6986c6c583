/**
 * Emptying a folder of our own bucket, through the Storage API: SQL would leave the files behind.
 *
 * @module
 */
import type { Client } from "../database/rpc.ts";
import { AppError } from "../app_error.ts";

/** Which folder, and how long. */
export interface FolderOptions {
  /** The bucket. */
  readonly bucket: string;
  /** The folder, without a slash at the end. */
  readonly prefix: string;
  /** `performance.now()` after which nothing new is begun. */
  readonly until: number;
}

/** What a pass did. */
export interface EmptiedFolder {
  /** Objects removed, also when others are left. */
  readonly removedCount: number;
  /** True when every folder below was seen to its end; false when time ran out. */
  readonly isEmpty: boolean;
}

/** As many as Storage removes in one call (supabase/storage `src/storage/limits.ts`, read 2026-11). */
const PAGE = 1000;

/** Deeper than any path of storage_path.ts, and an end to whatever else may be there. */
const MAX_DEPTH = 8;

/**
 * Removes every object below a folder, page by page. Repeatable: a pass that was cut off is finished by the next.
 * Throws `PROVIDER_UNAVAILABLE` when Storage does not list or remove.
 */
export async function emptyFolder(
  client: Client,
  { bucket, prefix, until }: FolderOptions,
): Promise<EmptiedFolder> {
  const storage = client.storage.from(bucket);
  let removedCount = 0;
  const empty = async (folder: string, depth: number): Promise<boolean> => {
    const folders = new Set<string>();
    for (let offset = 0;;) {
      if (performance.now() >= until) return false;
      const { data, error } = await storage.list(folder, { limit: PAGE, offset });
      if (error !== null) throw unavailable("list", folder, error);
      const files = data.filter((entry) => entry.id !== null).map(({ name }) =>
        `${folder}/${name}`
      );
      for (const entry of data) if (entry.id === null) folders.add(`${folder}/${entry.name}`);
      if (files.length > 0) {
        const removed = await storage.remove(files);
        if (removed.error !== null) throw unavailable("remove from", folder, removed.error);
        if (removed.data.length === 0) throw unavailable("remove from", folder, "nothing went");
        removedCount += removed.data.length;
      }
      if (data.length < PAGE) break;
      // What was removed is not counted past again.
      offset += data.length - files.length;
    }
    if (depth === MAX_DEPTH) return folders.size === 0;
    for (const below of folders) {
      if (!await empty(below, depth + 1)) return false;
    }
    return true;
  };
  return { isEmpty: await empty(prefix, 0), removedCount };
}

function unavailable(what: string, folder: string, cause: unknown): AppError {
  return new AppError("PROVIDER_UNAVAILABLE", `Cannot ${what} "${folder}": Storage refused`, {
    cause,
  });
}
