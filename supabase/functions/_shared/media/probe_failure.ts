/**
 * The failure of a file that is not what it should be.
 *
 * @module
 */
import { AppError } from "../app_error.ts";

/**
 * Makes a `RESULT_INVALID`. `reason` is for programs and goes to `details.reason`; `why` ends the
 * sentence "Cannot use the file: …".
 */
export function invalidFile(reason: string, why: string, cause?: unknown): AppError {
  return new AppError("RESULT_INVALID", `Cannot use the file: ${why}`, {
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  });
}
