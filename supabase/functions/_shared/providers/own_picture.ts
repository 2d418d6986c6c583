/**
 * Pictures of our own Storage, read to be sent along to a provider that can't or does not fetch them.
 *
 * @module
 */
import { AppError } from "../app_error.ts";
import type { Log } from "../log.ts";
import { type Download, openDownload } from "../media/download.ts";

/** How one picture is read. */
export interface OwnPictureOptions {
  /** The largest that the provider takes. */
  readonly maxBytes: number;
  /** The whole transfer is abandoned after this. */
  readonly timeoutMs: number;
  /** Gets one line a picture. */
  readonly log: Log;
  /** Ends the transfer. */
  readonly signal?: AbortSignal | undefined;
}

/** A picture, with its type by its bytes. */
export interface OwnPicture extends Pick<Download, "contentType" | "extension"> {
  /** The whole file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a picture of ours. Errors: `RESULT_INVALID` when it is not one that can be sent (see `openDownload`);
 * `INTERNAL` when Storage did not give it: our own fault, which says nothing about the provider.
 */
export async function readOwnPicture(
  url: string,
  options: OwnPictureOptions,
): Promise<OwnPicture> {
  try {
    const { body, contentType, extension } = await openDownload(url, {
      ...options,
      // Planned from rows of ours, never from a request: the host is our own, a private one on a laptop.
      allowedOrigins: [new URL(url).origin],
      expect: "image",
    });
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    return { bytes, contentType, extension };
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code === "RESULT_INVALID") throw cause;
    throw new AppError("INTERNAL", "Cannot read a picture that is to be sent along from Storage", {
      cause,
    });
  }
}
