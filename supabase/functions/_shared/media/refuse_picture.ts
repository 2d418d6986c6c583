/**
 * The refusal of a picture that a user sent.
 *
 * @module
 */
import {
  MAX_UPLOAD_PIXELS,
  MAX_UPLOAD_SIDE,
  MIN_UPLOAD_SIDE,
} from "../../../../shared/contract/limits.ts";
import { AppError } from "../app_error.ts";

/** Why a picture is refused: `details.reason` of `IMAGE_INVALID`. */
export type PictureFault =
  | "empty"
  | "wrong_type"
  | "unreadable"
  | "dimensions"
  | "truncated"
  | "animated";

/** Makes an `IMAGE_INVALID`. `why` ends the sentence "Cannot take the picture: …". */
export function refusePicture(reason: PictureFault, why: string, cause?: unknown): AppError {
  return new AppError("IMAGE_INVALID", `Cannot take the picture: ${why}`, {
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Checks width and height in pixels, read from the header. Throws `IMAGE_INVALID` (`dimensions`). */
export function assertPictureSize({ width, height }: { width: number; height: number }): void {
  if (Math.min(width, height) < MIN_UPLOAD_SIDE || Math.max(width, height) > MAX_UPLOAD_SIDE) {
    throw refusePicture(
      "dimensions",
      `${width}x${height} pixels; each side must have ${MIN_UPLOAD_SIDE} to ${MAX_UPLOAD_SIDE}`,
    );
  }
  if (width * height > MAX_UPLOAD_PIXELS) {
    throw refusePicture(
      "dimensions",
      `${width}x${height} pixels are more than ${MAX_UPLOAD_PIXELS}`,
    );
  }
}
