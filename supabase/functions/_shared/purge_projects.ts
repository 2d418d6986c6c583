/**
 * Removing for good what was deleted: rows whose grace is over, then the files of rows that are gone. And pictures
 * that were sent and never taken over: they lie as the camera made them.
 *
 * A row's deletion notes its folder in the same transaction (`storage_purges`), so a worker may die anywhere: the
 * note is there until a folder was found empty after everyone who could still write into it has ended.
 *
 * @module
 */
import { callSql, type Client } from "./database/rpc.ts";
import type { Log } from "./log.ts";
import { emptyFolder } from "./media/empty_folder.ts";
import { STAGING_BUCKET } from "./uploads/staged_file.ts";

/** What begins so is a user's folder in the bucket of pictures that were not taken over yet. */
const STAGED = "uploads/";

/** Where, how long, and who hears of it. */
export interface PurgeOptions {
  /** Bucket of all media. */
  readonly bucket: string;
  /** Nothing new is begun after this. */
  readonly budgetMs: number;
  /** Its lines carry the request's id. */
  readonly log: Log;
}

/** Works until nothing is due or the budget is used up. Never rejects; safe to repeat and to run side by side. */
export async function purgeProjects(
  client: Client,
  { bucket, budgetMs, log }: PurgeOptions,
): Promise<void> {
  const until = performance.now() + budgetMs;
  try {
    for (let deleted = 1; deleted > 0 && performance.now() < until;) {
      deleted = await callSql(client, "delete_expired_projects", {});
      if (deleted > 0) log.info("projects_deleted", { count: deleted });
    }
    await removeUntaken(client, { until, log }).catch((error) =>
      log.error("untaken_not_removed", {}, error)
    );
    while (performance.now() < until) {
      // One at a time: a lease that nobody works under would only hold the others up.
      const [prefix] = await callSql(client, "claim_storage_purges", { p_limit: 1 });
      if (prefix === undefined) break;
      await purgeFolder(client, prefix, { bucket, until, log });
    }
  } catch (error) {
    log.error("purge_failed", {}, error);
  }
}

/** Removes what lies at places into which nothing can come any more, and forgets them, batch by batch. */
async function removeUntaken(
  client: Client,
  { until, log }: { until: number; log: Log },
): Promise<void> {
  while (performance.now() < until) {
    const places = await callSql(client, "expired_upload_places", {});
    if (places.length === 0) return;
    const { data, error } = await client.storage.from(STAGING_BUCKET)
      .remove(places.map(({ path }) => path));
    if (error !== null) throw error;
    await callSql(client, "forget_upload_places", {
      p_place_ids: places.map(({ place_id }) => place_id),
    });
    log.info("upload_places_forgotten", { count: places.length, removed: data.length });
  }
}

async function purgeFolder(
  client: Client,
  prefix: string,
  { bucket, until, log }: { bucket: string; until: number; log: Log },
): Promise<void> {
  let pass = { removedCount: 0, isEmpty: false };
  let failure: string | undefined;
  try {
    const folder = prefix.startsWith(STAGED)
      ? { bucket: STAGING_BUCKET, prefix: prefix.slice(STAGED.length) }
      : { bucket, prefix };
    pass = await emptyFolder(client, { ...folder, until });
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    log.error("folder_not_emptied", { prefix }, error);
  }
  const isForgotten = await callSql(client, "finish_storage_purge", {
    p_prefix: prefix,
    p_removed_count: pass.removedCount,
    p_is_empty: pass.isEmpty,
    ...(failure === undefined ? {} : { p_error: failure }),
  });
  log.info("folder_purged", { prefix, removed: pass.removedCount, forgotten: isForgotten });
}
