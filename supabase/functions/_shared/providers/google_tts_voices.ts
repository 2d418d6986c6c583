/**
 * The list of voices as Google Text-to-Speech answers it.
 *
 * Source: https://cloud.google.com/text-to-speech/docs/reference/rest/v1/voices/list
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import type { Voice } from "./speech.ts";

const GENDERS: Readonly<Record<string, Voice["gender"]>> = {
  FEMALE: "female",
  MALE: "male",
  NEUTRAL: "neutral",
};

const voiceSchema = z.object({
  name: z.string().min(1),
  languageCodes: z.array(z.string()).min(1),
  ssmlGender: z.string().default(""),
  naturalSampleRateHertz: z.int().positive(),
});

// One voice of another shape must not hide the others.
const answerSchema = z.object({ voices: z.array(voiceSchema.nullable().catch(null)).min(1) });

/** Reads the body. Errors: `PROVIDER_BAD_RESPONSE` when it is not a list with voices in it. */
export function readVoices(text: string): Voice[] {
  const parsed = answerSchema.safeParse(parseJson(text));
  const voices = (parsed.data?.voices ?? []).filter((voice) => voice !== null);
  if (voices.length === 0) {
    throw new AppError(
      "PROVIDER_BAD_RESPONSE",
      "Cannot list_voices at google_tts: the answer is not a list of voices",
      parsed.error === undefined ? {} : { cause: z.prettifyError(parsed.error) },
    );
  }
  return voices.map((voice) => ({
    voiceId: voice.name,
    languages: voice.languageCodes,
    gender: GENDERS[voice.ssmlGender] ?? "unknown",
    sampleRateHz: voice.naturalSampleRateHertz,
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
