/**
 * Large files go into Storage directly, by a URL signed for one path, and are taken from there. They wait in a
 * private bucket, so that nobody sees a picture before it was cleaned.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import { callSql, type Client } from "../database/rpc.ts";

/** Made by the migration, with the contract's size and types as its own limits. */
export const STAGING_BUCKET = "uploads";

/** How long Storage takes a signed upload: fixed by the platform, two hours. */
const SIGNED_FOR_SECONDS = 7200;

/** Where to put a file. */
export interface UploadPlace {
  /** For a plain `PUT`. */
  readonly url: string;
  /** For `uploadToSignedUrl`. */
  readonly token: string;
  /** {@link STAGING_BUCKET}. */
  readonly bucket: string;
  /** The user's folder and a name of ours. */
  readonly path: string;
  /** Seconds. */
  readonly expires_in: number;
}

/**
 * Signs a place for one file of a user, once it is noted: a file that is never taken is removed by the tick of
 * purge-projects. `supabaseUrl` is what clients reach. Errors: `RATE_LIMITED` (places of the last hours),
 * `UNAUTHENTICATED`, `PROVIDER_UNAVAILABLE`.
 */
export async function signUpload(
  service: Client,
  { userId, supabaseUrl }: { userId: string; supabaseUrl: string },
): Promise<UploadPlace> {
  const place = crypto.randomUUID();
  const path = `${userId}/${place}`;
  const [signed] = await Promise.all([
    service.storage.from(STAGING_BUCKET).createSignedUploadUrl(path),
    callSql(service, "grant_upload", {
      p_user_id: userId,
      p_grant_id: place,
      p_kind: "picture",
    }),
  ]);
  if (signed.error !== null) {
    throw new AppError(
      "PROVIDER_UNAVAILABLE",
      "Cannot prepare the upload: Storage did not sign it",
      { cause: signed.error },
    );
  }
  // Inside functions Storage may have another name than outside.
  const { pathname, search } = new URL(signed.data.signedUrl);
  return {
    url: `${supabaseUrl}${pathname}${search}`,
    token: signed.data.token,
    bucket: STAGING_BUCKET,
    path,
    expires_in: SIGNED_FOR_SECONDS,
  };
}

/** Gives the id that a place's picture will have. Throws `NOT_FOUND` when the place is not this user's. */
export function stagedId(path: string, userId: string): string {
  const [owner, name = ""] = path.split("/");
  if (owner === userId) return name;
  throw notThere(path);
}

/** Reads a waiting file. Errors: `NOT_FOUND`, `PROVIDER_UNAVAILABLE`. */
export async function readStaged(service: Client, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { data, error } = await service.storage.from(STAGING_BUCKET).download(path);
  if (error === null) return new Uint8Array(await data.arrayBuffer());
  const { status = 500 } = error as { status?: number };
  if (status < 500) throw notThere(path);
  throw new AppError("PROVIDER_UNAVAILABLE", "Cannot read the upload: Storage did not answer", {
    cause: error,
  });
}

/** Removes a waiting file. One that is not there is no error, and one that stays is removed by the tick. */
export async function removeStaged(service: Client, path: string): Promise<void> {
  await service.storage.from(STAGING_BUCKET).remove([path]);
}

function notThere(path: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find an upload at "${path}"`, {
    hint: "Ask for a new place with content_type and size_bytes, and upload the file there",
  });
}
