/**
 * Operations about speech that spend nothing.
 *
 * @module
 */
import { z } from "zod";
import { language } from "./fields.ts";
import type { OperationDefinition } from "./operation.ts";

/** Which voices. */
export const listVoicesRequest = z.strictObject({
  /** A language (`ko`), or a language and region (`ko-KR`). Absent: all. */
  language: language.optional(),
  /** Name in the catalogue. Absent: all. */
  provider: z.enum(["google_tts"]).optional(),
});

/** A voice that `generate-audio` takes. */
export const voice = z.object({
  voice_id: z.string(),
  provider: z.string(),
  /** The catalogue's row that says what it costs. */
  model_id: z.string(),
  /** BCP 47. */
  languages: z.array(z.string()).min(1),
  gender: z.enum(["female", "male", "neutral", "unknown"]),
  /** Samples a second it was recorded at. */
  sample_rate_hz: z.int(),
  /** How it was made, as its id says: `Neural2`. */
  family: z.string(),
  takes_ssml: z.boolean(),
  takes_pitch: z.boolean(),
});

/** By name. */
export const SPEECH_OPERATIONS = {
  "list-voices": {
    caller: "user",
    spends: false,
    reads: true,
    status: 200,
    summary: "List the voices that can narrate",
    request: listVoicesRequest,
    response: z.object({ voices: z.array(voice) }),
  },
} as const satisfies Record<string, OperationDefinition>;
