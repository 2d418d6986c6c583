/**
 * Our own Storage: where every result ends up before a client hears of it.
 *
 * @module
 */
import type { Client } from "./database/rpc.ts";
import { AppError } from "./app_error.ts";
import { publicUrl } from "./media/storage_path.ts";

/** Keeps media under immutable paths. */
export interface MediaStore {
  /**
   * Writes one object and gives its public URL. Writing the same path again replaces it, so a repeated
   * step ends in the same state. Errors: `PROVIDER_UNAVAILABLE` (Storage did not take it); whatever the
   * stream itself fails with.
   */
  put(
    path: string,
    body: ReadableStream<Uint8Array> | Uint8Array,
    contentType: string,
  ): Promise<string>;
  /** Removes an object that was only needed on the way. One that stays behind is no failure: it goes with its project. */
  remove(path: string): Promise<void>;
  /** The public URL that an object has, or would have. */
  url(path: string): string;
}

/** Results never change: a year. */
const CACHE_SECONDS = "31536000";

/** The store on Supabase Storage, with the service's rights. */
export function supabaseMediaStore(
  client: Client,
  { supabaseUrl, bucket }: { supabaseUrl: string; bucket: string },
): MediaStore {
  const url = (path: string) => publicUrl(supabaseUrl, { bucket, path });
  return {
    url,
    remove: async (path) => {
      await client.storage.from(bucket).remove([path]);
    },
    put: async (path, body, contentType) => {
      // A stream that breaks makes the upload fail too: its own reason is the one to tell.
      let broken: unknown;
      const watched = body instanceof Uint8Array ? body : watch(body, (cause) => broken = cause);
      const { error } = await client.storage.from(bucket).upload(path, watched, {
        contentType,
        upsert: true,
        cacheControl: CACHE_SECONDS,
      });
      if (broken !== undefined) throw broken;
      if (error !== null) {
        throw new AppError(
          "PROVIDER_UNAVAILABLE",
          "Cannot keep the result: Storage did not take it",
          {
            cause: error,
          },
        );
      }
      return url(path);
    },
  };
}

function watch(
  body: ReadableStream<Uint8Array>,
  onError: (cause: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (cause) {
        onError(cause);
        controller.error(cause);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
