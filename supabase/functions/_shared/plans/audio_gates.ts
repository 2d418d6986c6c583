/**
 * What is asked before narration is charged.
 *
 * @module
 */
import type { z } from "zod";
import type { generateAudioRequest } from "../../../../shared/contract/media_operations.ts";
import type { StudioContext } from "../database/studio_context.ts";
import { assertVoiceExists, createSpeech } from "../providers/speech_provider.ts";
import { type Gates, OPEN_GATES } from "./gates.ts";
import { voiceFor } from "./plan_audio.ts";

/** The synthesizer's key, and whether it has the voice. */
export function audioGates(
  studio: StudioContext,
  body: z.output<typeof generateAudioRequest>,
): Gates {
  return {
    ...OPEN_GATES,
    assertConfigured: (log) => void createSpeech(log),
    assertAllowed: (log) => assertVoiceExists(voiceFor(studio, body), { log }),
  };
}
