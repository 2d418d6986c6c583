/**
 * From bytes of any origin to a picture of the user's: checked, cleaned, stored, and only then a row.
 *
 * @module
 */
import type { OperationResponse } from "../../../../shared/contract/operations.ts";
import { AppError } from "../app_error.ts";
import { callSql, type Client } from "../database/rpc.ts";
import { sha256Hex } from "../idempotency.ts";
import type { Log } from "../log.ts";
import { cleanPicture } from "../media/clean_picture.ts";
import { uploadPath } from "../media/storage_path.ts";
import { supabaseMediaStore } from "../media_store.ts";

/** A picture that was taken, as the operation answers it. */
export type TakenImage = Extract<OperationResponse<"upload-image">, { is_new: boolean }>;

/** Whose picture, and with whose rights. */
export interface KeepOptions {
  /** The verified user. */
  readonly userId: string;
  /** Absent: a project of its own. */
  readonly projectId?: string | undefined;
  /** The id it will have. Default: a new one. */
  readonly imageId?: string;
  /** With the user's own rights. */
  readonly client: Client;
  /** With the service's. */
  readonly service: Client;
  /** Base URL of the project. */
  readonly supabaseUrl: string;
  /** Bucket of all media. */
  readonly bucket: string;
  /** Told when an object could not be taken back. */
  readonly log: Log;
}

/**
 * Keeps a picture, once: the same one again in the same project gives the row that is there. The object is
 * written before the row, and taken back when there is no row, so neither is ever alone. Of a project that is not
 * there yet the folder is noted first, since without its row nobody would look there after a crash.
 *
 * Errors: `IMAGE_INVALID`, `NOT_FOUND` (project), `RATE_LIMITED` (uploads of a day), `PROVIDER_UNAVAILABLE`.
 */
export async function keepUpload(
  received: Uint8Array<ArrayBuffer>,
  options: KeepOptions,
): Promise<TakenImage> {
  const picture = await cleanPicture(received);
  const hash = await sha256Hex(picture.bytes);
  const known = await findUpload(options, hash);
  if (known !== null) return known;
  // This is the place for whatever else may refuse a picture, such as moderation: every way in comes by here
  // with the picture as it would be kept, and nothing is stored yet.
  const project = options.projectId ?? crypto.randomUUID();
  const image = options.imageId ?? crypto.randomUUID();
  const path = uploadPath({ project, image, extension: picture.extension });
  const store = supabaseMediaStore(options.service, options);
  if (options.projectId === undefined) {
    await callSql(options.service, "note_new_folder", { p_project_id: project });
  }
  const url = await store.put(path, picture.bytes, picture.contentType);
  const row = () =>
    callSql(options.service, "add_upload", {
      p_user_id: options.userId,
      p_project_id: project,
      p_is_new_project: options.projectId === undefined,
      p_image_id: image,
      p_content_hash: hash,
      p_url: url,
      p_width: picture.width,
      p_height: picture.height,
    });
  const takeBack = async () => {
    const { error } = await options.service.storage.from(options.bucket).remove([path]);
    if (error !== null) options.log.error("orphaned_object", { path }, error);
  };
  try {
    const taken: unknown = await row().catch((error) => {
      // A refusal is final. A lost answer is not: the same call again finds the row or writes it.
      if (error instanceof AppError) throw error;
      return row();
    });
    const { is_new } = taken as TakenImage;
    if (!is_new) await takeBack();
    return taken as TakenImage;
  } catch (error) {
    // Without an answer there may be a row, which must not lose its object.
    if (error instanceof AppError) await takeBack();
    throw error;
  }
}

/**
 * Finds an upload that is there already, by its content or its id. Null: there is none. Throws `NOT_FOUND` when
 * the project is not the caller's.
 */
export async function findUpload(
  { client, projectId, imageId }: Pick<KeepOptions, "client" | "projectId" | "imageId">,
  hash = "",
): Promise<TakenImage | null> {
  const found: unknown = await callSql(client, "find_upload", {
    p_content_hash: hash,
    ...(projectId === undefined ? {} : { p_project_id: projectId }),
    ...(imageId === undefined ? {} : { p_image_id: imageId }),
  });
  return found as TakenImage | null;
}
