/**
 * The user's photo, looked at before anything starts.
 *
 * @module
 */
import { MAX_UPLOAD_BYTES } from "../../../shared/contract/limits.ts";
import { AppError } from "../../functions/_shared/app_error.ts";
import { cleanPicture } from "../../functions/_shared/media/clean_picture.ts";
import { UsageError } from "../film/usage_error.ts";

/** Reads it as it is. Errors: {@link UsageError} with the reason, and what would do. */
export async function readPhoto(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new UsageError(`Cannot read the photo "${path}": it is no file`);
    if (size > MAX_UPLOAD_BYTES) {
      throw new UsageError(
        `Cannot take the photo "${path}": it has ${
          (size / 1e6).toFixed(1)
        } MB; save it smaller, below 10 MB`,
      );
    }
    const bytes = await Deno.readFile(path);
    await cleanPicture(bytes);
    return bytes;
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    if (cause instanceof AppError) {
      const why = cause.message.replace(/^Cannot take the picture: /, "");
      throw new UsageError(
        `Cannot take the photo "${path}": ${why}; save it as a jpeg, png or webp and try again`,
        { cause },
      );
    }
    const why = cause instanceof Deno.errors.NotFound ? "there is no such file" : String(cause);
    throw new UsageError(`Cannot read the photo "${path}": ${why}`, { cause });
  }
}
