/**
 * What went wrong in a turn, as one of our codes, and as the text of an error part.
 *
 * @module
 */
import { NoOutputGeneratedError, StreamProviderError, ToolChoiceViolationError } from "ai";
import { AppError } from "../app_error.ts";

/** Finds our own error under what the AI SDK throws, or says what the SDK's own means. */
export function turnError(error: unknown): AppError {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at;
  }
  const options = { cause: error };
  if (NoOutputGeneratedError.isInstance(error)) {
    return new AppError("TURN_INCOMPLETE", "Cannot answer: the model said nothing", options);
  }
  // The last step has no tools; a model that goes on all the same is at its end.
  if (ToolChoiceViolationError.isInstance(error)) {
    return new AppError("TURN_INCOMPLETE", "Cannot go on: the turn took too many steps", options);
  }
  if ((StreamProviderError.isInstance(error) && error.isRetryable) || isBrokenOff(error)) {
    return new AppError(
      "PROVIDER_UNAVAILABLE",
      "Cannot answer: the model's answer broke off",
      options,
    );
  }
  return new AppError(
    "PROVIDER_BAD_RESPONSE",
    "Cannot answer: the model's answer can't be read",
    options,
  );
}

/** A body that ends before its time is a `TypeError` of the runtime's `fetch`. */
function isBrokenOff(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof TypeError) return true;
  }
  return false;
}

/** The envelope of every failure as text: `useChat` gives it as `error.message`, as it does an answer's body. */
export function turnErrorText({ code, message }: AppError, requestId: string): string {
  return JSON.stringify({ code, message, request_id: requestId });
}
