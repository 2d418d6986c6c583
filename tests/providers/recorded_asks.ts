/**
 * What the tests of recorded answers ask of a language model, and Google's envelope.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import type { LanguageModel } from "../../supabase/functions/_shared/providers/language_model.ts";
import type { Recorded } from "./recorded.ts";

const asked = {
  schema: z.object({ title: z.string() }),
  system: "You name films.",
  prompt: "A fox",
};

/** The code, then seconds to wait when they are known. */
export async function describeAsk(model: LanguageModel, name: string): Promise<string> {
  try {
    await model.generateObject({ ...asked, model: name });
    return "object";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, retryAfterSeconds } = error;
    return retryAfterSeconds === undefined ? code : `${code} ${retryAfterSeconds}`;
  }
}

/** A refusal by one of Google's APIs. */
export const rpc = (
  code: number,
  status: string,
  message: string,
  details: unknown[] = [],
): Recorded => ({
  status: code,
  body: { error: { code, message, status, details } },
});

/** The detail that names a reason. */
export const info = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "googleapis.com",
  metadata: { service: "generativelanguage.googleapis.com" },
});

/** The detail that points at a page. */
export const HELP = {
  "@type": "type.googleapis.com/google.rpc.Help",
  links: [{ description: "Learn more", url: "https://ai.google.dev/gemini-api/docs/rate-limits" }],
};
