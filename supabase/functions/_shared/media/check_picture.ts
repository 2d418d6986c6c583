/**
 * A picture that is already in memory, checked as a downloaded one is.
 *
 * @module
 */
import { invalidFile } from "./probe_failure.ts";
import { IMAGE_HEAD_BYTES, type ImageFacts, probeImage } from "./probe_image.ts";
import { createIntegrityCheck } from "./probe_integrity.ts";
import { type MediaType, sniffMedia } from "./sniff.ts";

/** What is known of a whole picture. */
export interface PictureFacts extends ImageFacts {
  /** By its bytes, whatever the sender claimed. */
  readonly contentType: MediaType["contentType"];
}

/**
 * Tells a picture's type and size, and that it is whole.
 *
 * Errors: `RESULT_INVALID` with `details.reason` `empty`, `too_large`, `wrong_type`, `unreadable`,
 * `dimensions` or `truncated`, as from `openDownload`.
 */
export function checkPicture(bytes: Uint8Array, { maxBytes }: { maxBytes: number }): PictureFacts {
  if (bytes.byteLength === 0) throw invalidFile("empty", "it is empty");
  if (bytes.byteLength > maxBytes) {
    throw invalidFile("too_large", `${bytes.byteLength} bytes are more than ${maxBytes}`);
  }
  const type = sniffMedia(bytes);
  if (type?.kind !== "image") {
    throw invalidFile("wrong_type", `it is ${type?.contentType ?? "of no known type"}, not image`);
  }
  const facts = probeImage(bytes.subarray(0, IMAGE_HEAD_BYTES));
  const check = createIntegrityCheck(type);
  check.write(bytes);
  check.end();
  return { ...facts, contentType: type.contentType };
}
