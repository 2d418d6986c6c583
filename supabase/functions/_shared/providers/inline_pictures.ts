/**
 * Pictures sent along with a request, as Gemini takes them: in the body, in base64.
 *
 * Source: https://ai.google.dev/gemini-api/docs/image-generation (a request has 20 MB in all).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Log } from "../log.ts";
import { openDownload } from "../media/download.ts";

/** Reference pictures of our own drawing are below 3 MB; four of these fit a request. */
const MAX_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** One part of a request. */
export interface InlinePicture {
  /** As the API spells it. */
  readonly inlineData: { readonly mimeType: string; readonly data: string };
}

/**
 * Fetches pictures of our own Storage and gives the parts, in order. Errors: those of the download
 * (`RESULT_INVALID`, `PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`).
 */
export async function inlinePictures(
  urls: readonly string[],
  log: Log,
  signal?: AbortSignal,
): Promise<InlinePicture[]> {
  return await Promise.all(urls.map(async (url) => {
    const download = await openDownload(url, {
      // Planned from rows of ours, never from a request: the host is our own, a private one on a laptop.
      allowedOrigins: [new URL(url).origin],
      maxBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
      expect: "image",
      log,
      ...(signal === undefined ? {} : { signal }),
    });
    const bytes = new Uint8Array(await new Response(download.body).arrayBuffer());
    return {
      inlineData: {
        mimeType: download.contentType,
        data: Buffer.from(bytes).toString("base64"),
      },
    };
  }));
}
