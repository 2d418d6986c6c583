/**
 * A picture from a user: proved by its bytes, measured, and rid of everything but what it looks like. It is
 * never decoded nor packed again, so it loses nothing and costs little.
 *
 * Orientation stays as EXIF's one tag instead of being applied, which would mean to encode anew: what
 * browsers, phones and renderers show is what the phone showed. Width and height are told as shown.
 *
 * @module
 */
import { cleanJpeg } from "./clean_jpeg.ts";
import { cleanPng } from "./clean_png.ts";
import { cleanWebp } from "./clean_webp.ts";
import { joinPieces } from "./download_reader.ts";
import { type Orientation, shownSize } from "./orientation.ts";
import { refusePicture } from "./refuse_picture.ts";
import { type MediaType, SNIFF_BYTES, sniffMedia } from "./sniff.ts";

/** What is left of a picture, in order. */
export interface CleanedParts {
  /** Joined they are the file. */
  readonly parts: readonly Uint8Array[];
  /** Pixels as stored. */
  readonly size: { readonly width: number; readonly height: number };
  /** How it is to be turned for being shown. */
  readonly orientation: Orientation;
}

/** A picture that may be kept. */
export interface CleanPicture {
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By the bytes. */
  readonly contentType: (MediaType & { kind: "image" })["contentType"];
  /** By the bytes, without a dot. */
  readonly extension: (MediaType & { kind: "image" })["extension"];
  /** Pixels, as shown. */
  readonly width: number;
  /** Pixels, as shown. */
  readonly height: number;
}

const CLEANERS = { jpg: cleanJpeg, png: cleanPng, webp: cleanWebp } as const;

/**
 * Checks and cleans a jpeg, png or webp. The caller has bounded its size.
 *
 * Errors: `IMAGE_INVALID` with `details.reason` (`empty`, `wrong_type`, `unreadable`, `dimensions`,
 * `truncated`, `animated`).
 */
export async function cleanPicture(bytes: Uint8Array): Promise<CleanPicture> {
  if (bytes.length === 0) throw refusePicture("empty", "it is empty");
  const type = sniffMedia(bytes.subarray(0, SNIFF_BYTES));
  if (type?.kind !== "image") {
    throw refusePicture(
      "wrong_type",
      `its bytes are ${type?.contentType ?? "of no known type"}, not a jpeg, png or webp`,
    );
  }
  const { parts, size, orientation } = await CLEANERS[type.extension](bytes);
  return {
    bytes: joinPieces(parts),
    contentType: type.contentType,
    extension: type.extension,
    ...shownSize(size, orientation),
  };
}
