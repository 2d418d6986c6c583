/**
 * Pictures by Gemini's image models. The answer to the submit holds the picture: there is no task to look
 * at afterwards, and nobody calls back.
 *
 * Source: https://ai.google.dev/gemini-api/docs/image-generation and the types of @google/genai 3.1.0.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { AppError } from "../app_error.ts";
import {
  assertGeminiKey,
  callGemini,
  type GeminiAnswer,
  type GeminiConfig,
} from "./gemini_fetch.ts";
import { inlinePictures } from "./inline_pictures.ts";
import type { ImageGenerator, ImageRequest, SubmitOutcome } from "./render.ts";
import { calledOff, lostSubmit, unreadPicture } from "./submit_outcome.ts";

/** The slower models think before they draw and take half a minute; a step may last 110 s in all. */
const TIMEOUT_MS = 90_000;

/** 1024 × 1024 pixels or as many in another shape: what the catalogue's prices are for. */
const IMAGE_SIZE = "1K";

const OPERATION = "generate_image";

/** Why a picture is not given although the request was a good one. */
const REFUSALS = new Set([
  "SAFETY",
  "RECITATION",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
]);

/** What a picture may be told besides its shape; other models of the catalogue take more. */
const Options = z.strictObject({ seed: z.int().min(0).max(2_147_483_647).optional() });

const Part = z.looseObject({
  inlineData: z.looseObject({ mimeType: z.string(), data: z.string() }).optional(),
  /** A draft the model made on its way. */
  thought: z.boolean().optional(),
});

const Answer = z.looseObject({
  candidates: z.array(z.looseObject({
    content: z.looseObject({ parts: z.array(Part).default([]) }).optional(),
    finishReason: z.string().optional(),
  })).default([]),
  promptFeedback: z.looseObject({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z.looseObject({
    promptTokenCount: z.number().optional(),
    candidatesTokenCount: z.number().optional(),
    totalTokenCount: z.number().optional(),
  }).optional(),
});

/**
 * Makes the image generator. It never retries a request that may have been taken; a key without quota is
 * followed by the next one (see `gemini_keys.ts`).
 *
 * `submit` is `finished` with the picture; `refused` for a refusal by the API itself, for
 * `CONTENT_REFUSED`, for an answer without a picture (`PROVIDER_BAD_RESPONSE`) and, with nothing sent, for
 * options the models do not take (`MODEL_INPUT_INVALID`) and references that can't be sent (`RESULT_INVALID`);
 * `never_sent`; and `unknown` for all else.
 *
 * `status` always gives `failed`: it is only asked when the worker that held the picture is gone.
 *
 * Errors: `PROVIDER_NOT_CONFIGURED` at once when there is no key.
 */
export function createGeminiImage(config: GeminiConfig): ImageGenerator {
  assertGeminiKey(config);
  return {
    provider: "gemini",
    submit: async (request, { signal } = {}) => {
      const off = calledOff("gemini", signal);
      if (off !== null) return off;
      const options = Options.safeParse(request.options ?? {});
      if (!options.success) return invalidOptions(request, options.error);
      let references: unknown[];
      try {
        references = await inlinePictures(request.referenceUrls ?? [], config.log, signal);
      } catch (error) {
        return unreadPicture(error);
      }
      let answer: GeminiAnswer;
      try {
        answer = await callGemini(
          config,
          `${config.baseUrl}/v1beta/models/${encodeURIComponent(request.endpoint)}:generateContent`,
          {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              contents: [{ role: "user", parts: [{ text: request.prompt }, ...references] }],
              generationConfig: {
                responseModalities: ["IMAGE"],
                imageConfig: { aspectRatio: request.aspectRatio, imageSize: IMAGE_SIZE },
                ...options.data,
              },
            }),
          },
          {
            model: request.endpoint,
            operation: OPERATION,
            timeoutMs: TIMEOUT_MS,
            ...(signal ? { signal } : {}),
          },
        );
      } catch (error) {
        return lostSubmit(error);
      }
      if ("error" in answer) {
        return { outcome: answer.isDefinite ? "refused" : "unknown", error: answer.error };
      }
      return readPicture(config, request, answer.text);
    },
    status: () =>
      Promise.resolve({
        state: "failed",
        error: new AppError(
          "PROVIDER_FAILED",
          "Cannot keep the picture: the worker that received it stopped before it was stored",
        ),
      }),
  };
}

/** Reads an answer of HTTP 200. */
function readPicture(config: GeminiConfig, request: ImageRequest, text: string): SubmitOutcome {
  let answer: z.infer<typeof Answer>;
  try {
    answer = Answer.parse(JSON.parse(text));
  } catch (cause) {
    // Cut off or mangled on its way: a picture was drawn, perhaps, and is lost.
    return {
      outcome: "unknown",
      error: badResponse("the answer is not in the documented form", cause),
    };
  }
  const { candidates: [candidate], promptFeedback, usageMetadata } = answer;
  config.log.info("image_usage", {
    provider: "gemini",
    model: request.endpoint,
    input_tokens: usageMetadata?.promptTokenCount,
    output_tokens: usageMetadata?.candidatesTokenCount,
    total_tokens: usageMetadata?.totalTokenCount,
  });
  const reason = promptFeedback?.blockReason ?? candidate?.finishReason;
  if (promptFeedback?.blockReason !== undefined || REFUSALS.has(reason ?? "")) {
    return {
      outcome: "refused",
      error: new AppError(
        "CONTENT_REFUSED",
        `Cannot draw the picture at gemini: the safety rules refused it (${reason})`,
      ),
    };
  }
  const picture = candidate?.content?.parts
    .findLast((part) => part.thought !== true && part.inlineData?.mimeType.startsWith("image/"))
    ?.inlineData;
  if (picture === undefined) {
    return {
      outcome: "refused",
      error: badResponse(`the answer holds no picture (${reason ?? "no reason"})`),
    };
  }
  return {
    outcome: "finished",
    // There is no task: the name is for our own records.
    externalTaskId: `inline-${crypto.randomUUID()}`,
    // Characters that are not base64 are passed over: what comes of it is judged as a file.
    media: new Uint8Array(Buffer.from(picture.data, "base64")),
    contentType: picture.mimeType,
  };
}

function badResponse(why: string, cause?: unknown): AppError {
  return new AppError("PROVIDER_BAD_RESPONSE", `Cannot draw the picture at gemini: ${why}`, {
    cause,
  });
}

function invalidOptions({ endpoint }: ImageRequest, error: z.ZodError): SubmitOutcome {
  const [issue] = error.issues;
  const field = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  return {
    outcome: "refused",
    error: new AppError(
      "MODEL_INPUT_INVALID",
      `Cannot draw with model "${endpoint}": it does not take this ${field}`,
      { details: { endpoint, field, allowed: Object.keys(Options.shape) }, cause: error },
    ),
  };
}
