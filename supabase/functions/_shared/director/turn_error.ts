/**
 * What went wrong in a turn, as one of our codes, and as the text of an error part.
 *
 * @module
 */
import { NoOutputGeneratedError } from "ai";
import { AppError } from "../app_error.ts";

/** Finds our own error under what the AI SDK throws; what is left is an answer it can't read. */
export function turnError(error: unknown): AppError {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at;
  }
  if (NoOutputGeneratedError.isInstance(error)) {
    return new AppError("TURN_INCOMPLETE", "Cannot answer: the model said nothing", {
      cause: error,
    });
  }
  return new AppError("PROVIDER_BAD_RESPONSE", "Cannot answer: the model's answer can't be read", {
    cause: error,
  });
}

/** The envelope of every failure as text: `useChat` gives it as `error.message`, as it does an answer's body. */
export function turnErrorText({ code, message }: AppError, requestId: string): string {
  return JSON.stringify({ code, message, request_id: requestId });
}
