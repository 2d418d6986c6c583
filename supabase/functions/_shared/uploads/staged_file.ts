/**
 * Large files go into Storage directly, by a URL signed for one path, and are taken from there. They wait in a
 * private bucket, so that nobody sees a picture before it was cleaned.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Client } from "../database/rpc.ts";

/** Made by the migration, with the contract's size and types as its own limits. */
export const STAGING_BUCKET = "uploads";

/** How long Storage takes a signed upload: fixed by the platform, two hours. */
const SIGNED_FOR_SECONDS = 7200;

/** Files a user may have waiting: each is up to 10 MB that nobody has paid for. */
const MAX_WAITING = 20;

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
 * Signs a place for one file of a user. `supabaseUrl` is what clients reach. Files that were never taken are
 * removed on the way. Errors: `RATE_LIMITED` when too many wait, `PROVIDER_UNAVAILABLE`.
 */
export async function signUpload(
  service: Client,
  { userId, supabaseUrl }: { userId: string; supabaseUrl: string },
): Promise<UploadPlace> {
  const bucket = service.storage.from(STAGING_BUCKET);
  const path = `${userId}/${crypto.randomUUID()}`;
  const [signed, listed] = await Promise.all([
    bucket.createSignedUploadUrl(path),
    bucket.list(userId, { limit: 100, sortBy: { column: "created_at", order: "asc" } }),
  ]);
  if (signed.error !== null || listed.error !== null) {
    throw new AppError(
      "PROVIDER_UNAVAILABLE",
      "Cannot prepare the upload: Storage did not sign it",
      {
        cause: signed.error ?? listed.error,
      },
    );
  }
  const tooOld = Date.now() - SIGNED_FOR_SECONDS * 1000;
  const isForgotten = ({ created_at }: { created_at?: string | null }) =>
    Date.parse(created_at ?? "") < tooOld;
  const forgotten = listed.data.filter(isForgotten).map(({ name }) => `${userId}/${name}`);
  if (forgotten.length > 0) await bucket.remove(forgotten);
  if (listed.data.length - forgotten.length >= MAX_WAITING) {
    throw new AppError(
      "RATE_LIMITED",
      `Cannot prepare another upload: ${MAX_WAITING} files wait to be taken`,
      { retryAfterSeconds: 60, hint: "Send upload_path for each file that was uploaded" },
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

/** Removes a waiting file; one that is not there is no error. */
export async function removeStaged(service: Client, path: string): Promise<void> {
  await service.storage.from(STAGING_BUCKET).remove([path]);
}

function notThere(path: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find an upload at "${path}"`, {
    hint: "Ask for a new place with content_type and size_bytes, and upload the file there",
  });
}
