/**
 * Pictures as the Gemini API answers them: inline in a candidate, as base64.
 *
 * Faults (any model that draws): `refuse` (finishReason IMAGE_SAFETY, no part), `no_image` (text instead of
 * a picture), `empty_file`, `truncated_file`, `wrong_type_file` (a text that says it is a png),
 * `bad_base64`. `seed` and prompt decide the picture; pictures that came along are shown in it as insets.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { sniffMedia } from "../../functions/_shared/media/sniff.ts";
import type { Picture, PictureRequest } from "../media/picture.ts";
import { webpToJpeg } from "../media/webp_to_jpeg.ts";
import type { PictureQuestion, Question } from "./gemini_request.ts";
import { countTokens, responseId } from "./gemini_response.ts";
import { type Answer, jsonAnswer } from "./google_rpc.ts";
import type { Fault } from "./simulator.ts";

/** Draws, in the simulator's own thread or in a worker. */
export type DrawPicture = (request: PictureRequest) => Picture | Promise<Picture>;

/** A 1K picture has about so many pixels, whatever its shape. Source: ai.google.dev, image generation. */
const PIXELS = 1024 * 1024;

/** Sides are whole blocks. */
const BLOCK = 32;

/** What our own painter takes: larger pictures are drawn at this size. */
const MAX_SIDE = 2048;

/** What a 1K picture costs. Source: ai.google.dev, image generation. */
const TOKENS = 1120;

const SCALES: Readonly<Record<PictureQuestion["imageSize"], number>> = {
  "1K": 1,
  "2K": 2,
  "4K": 4,
};

/** Draws and answers. */
export async function pictureAnswer(
  { question, picture }: { question: Question; picture: PictureQuestion },
  { model, fault, draw }: { model: string; fault: Fault | null; draw: DrawPicture },
): Promise<Answer> {
  const answer = (parts: readonly unknown[], finishReason: string, tokens: number) =>
    envelope({ question, model, parts, finishReason, tokens });
  switch (fault?.kind) {
    case "refuse":
      return answer([], "IMAGE_SAFETY", 0);
    case "no_image":
      return answer([{ text: "I can describe that picture for you instead." }], "STOP", 12);
    case "empty_file":
      return answer([inline("")], "STOP", TOKENS);
    case "bad_base64":
      return answer([inline("%%%% not base64 %%%%")], "STOP", TOKENS);
    case "wrong_type_file":
      return answer([inline(btoa("<html>Bad gateway</html>"))], "STOP", TOKENS);
  }
  const { seed } = picture;
  const references = await Promise.all(
    picture.references.map((bytes) =>
      sniffMedia(bytes)?.contentType === "image/webp" ? webpToJpeg(bytes) : bytes
    ),
  );
  const { bytes } = await draw({
    prompt: question.prompt,
    format: "png",
    ...pictureSize(picture),
    ...(seed === null ? {} : { seed }),
    references,
  });
  const whole = fault?.kind === "truncated_file" ? bytes.subarray(0, bytes.length / 2) : bytes;
  return answer([inline(Buffer.from(whole).toString("base64"))], "STOP", TOKENS);
}

function pictureSize({ aspectRatio, imageSize }: PictureQuestion) {
  const [across = 1, down = 1] = aspectRatio.split(":").map(Number);
  const side = Math.sqrt(PIXELS) * SCALES[imageSize];
  const shape = Math.sqrt(across / down);
  const scale = Math.min(1, MAX_SIDE / (side * Math.max(shape, 1 / shape)));
  const blocks = (pixels: number) =>
    Math.max(64, Math.min(MAX_SIDE, Math.round(pixels * scale / BLOCK) * BLOCK));
  return { width: blocks(side * shape), height: blocks(side / shape) };
}

function inline(data: string): unknown {
  return { inlineData: { mimeType: "image/png", data } };
}

function envelope({ question, model, parts, finishReason, tokens }: {
  readonly question: Question;
  readonly model: string;
  readonly parts: readonly unknown[];
  readonly finishReason: string;
  readonly tokens: number;
}): Answer {
  const promptTokenCount = countTokens(question.everything);
  return jsonAnswer({
    candidates: [{
      // A picture that was refused has no content at all.
      ...(parts.length > 0 ? { content: { parts, role: "model" } } : {}),
      finishReason,
      index: 0,
    }],
    usageMetadata: {
      promptTokenCount,
      ...(tokens > 0 ? { candidatesTokenCount: tokens } : {}),
      totalTokenCount: promptTokenCount + tokens,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: promptTokenCount }],
    },
    modelVersion: model,
    responseId: responseId(),
  });
}
