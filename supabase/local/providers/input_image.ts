/**
 * Fetching the picture a request names, as a provider does: over HTTP, with limits.
 *
 * @module
 */
import { sniffMedia } from "../../functions/_shared/media/sniff.ts";

/** As both providers document it. */
const MAX_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

/** Fetches a picture. Rejects with an `Error` that says in words what is wrong with it. */
export async function fetchInputImage(url: string, signal: AbortSignal): Promise<Uint8Array> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new Error("Failed to fetch the image: the host could not be reached", { cause });
  }
  if (!response.ok) throw new Error(`Failed to fetch the image: HTTP status ${response.status}`);
  if (bytes.length > MAX_BYTES) throw new Error("Failed to fetch the image: larger than 10 MB");
  if (sniffMedia(bytes.subarray(0, 64))?.kind !== "image") {
    throw new Error("Failed to fetch the image: not a jpeg, png or webp");
  }
  return bytes;
}
