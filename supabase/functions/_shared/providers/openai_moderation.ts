/**
 * OpenAI as a moderator.
 *
 * Source: https://developers.openai.com/api/docs/guides/moderation (read 2026-11); resources/moderations of
 * openai 7.55.0.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { callProvider } from "../outbound.ts";
import type { ModerationDesk } from "./moderation.ts";
import { openAiError } from "./openai_error.ts";
import type { OpenAiConfig } from "./openai_fetch.ts";

/** Takes texts and pictures; free. An alias, so that it is never retired under us. */
const MODEL = "omni-moderation-latest";

const OPERATION = "create_moderation";
const TIMEOUT_MS = 5_000;

const answerSchema = z.object({
  results: z.array(z.object({
    flagged: z.boolean(),
    // Null where a model does not know a category.
    categories: z.record(z.string(), z.boolean().nullable()),
  })).min(1),
});

/** Makes it. A request takes any number of texts, but one picture (`too_many_images`). */
export function createOpenAiModerator(config: OpenAiConfig): ModerationDesk {
  return {
    provider: "openai",
    look: async (subject, call) => {
      const input = "texts" in subject
        ? subject.texts
        : [{ type: "image_url", image_url: { url: subject.imageUrl } }];
      const answer = await callProvider(`${config.baseUrl}/moderations`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${config.apiKey}`,
        },
        body: JSON.stringify({ model: MODEL, input }),
      }, {
        provider: "openai",
        operation: OPERATION,
        timeoutMs: config.timeoutMs ?? TIMEOUT_MS,
        log: config.log,
        signal: call.signal,
        ...(config.fetch ? { fetch: config.fetch } : {}),
      });
      if (answer.status !== 200) throw openAiError(answer, OPERATION);
      return readCategories(answer.text);
    },
  };
}

function readCategories(text: string): string[] {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new AppError(
      "PROVIDER_BAD_RESPONSE",
      `Cannot ${OPERATION} at openai: the answer is not in the documented form`,
      { cause: z.prettifyError(parsed.error) },
    );
  }
  return parsed.data.results.filter(({ flagged }) => flagged).flatMap(({ categories }) => {
    const names = Object.entries(categories).filter(([, isFound]) => isFound).map(([name]) => name);
    // Flagged without a name is flagged all the same.
    return names.length > 0 ? names : ["other"];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
