/**
 * Pictures sent along with a request, as Gemini takes them: in the body, in base64.
 *
 * Source: https://ai.google.dev/gemini-api/docs/image-generation (a request has 20 MB in all).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Log } from "../log.ts";
import { readOwnPicture } from "./own_picture.ts";

/** Reference pictures of our own drawing are below 3 MB; four of these fit a request. */
const MAX_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** One part of a request. */
export interface InlinePicture {
  /** As the API spells it. */
  readonly inlineData: { readonly mimeType: string; readonly data: string };
}

/** Fetches pictures of our own Storage and gives the parts, in order. Errors: those of `readOwnPicture`. */
export async function inlinePictures(
  urls: readonly string[],
  log: Log,
  signal?: AbortSignal,
): Promise<InlinePicture[]> {
  return await Promise.all(urls.map(async (url) => {
    const { bytes, contentType } = await readOwnPicture(url, {
      maxBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
      log,
      signal,
    });
    return { inlineData: { mimeType: contentType, data: Buffer.from(bytes).toString("base64") } };
  }));
}
