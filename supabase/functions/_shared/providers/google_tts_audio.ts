/**
 * The audio in an answer of Google Text-to-Speech: decoded, checked, and parts joined.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "../app_error.ts";
import { joinMp3, parseMp3 } from "../media/mp3.ts";
import { joinOggOpus, parseOggOpus } from "../media/ogg_opus.ts";
import type { Speech, SpeechFormat } from "./speech.ts";

/** A file of a format: how it is asked for, checked and joined. */
interface AudioFormat {
  /** Google's name of it. */
  readonly encoding: "MP3" | "OGG_OPUS";
  readonly contentType: Speech["contentType"];
  /** Throws when the file is not whole. */
  readonly check: (file: Uint8Array<ArrayBuffer>) => void;
  readonly join: (
    files: readonly Uint8Array<ArrayBuffer>[],
  ) => { readonly audio: Uint8Array<ArrayBuffer>; readonly durationSeconds: number };
}

/** By the name we have for it. */
export const AUDIO_FORMATS: Readonly<Record<SpeechFormat, AudioFormat>> = {
  mp3: { encoding: "MP3", contentType: "audio/mpeg", check: checkMp3, join: joinMp3 },
  ogg: {
    encoding: "OGG_OPUS",
    contentType: "audio/ogg",
    check: parseOggOpus,
    join: joinOggOpus,
  },
};

const answerSchema = z.object({ audioContent: z.string() });

/** Reads an answer. Errors: `PROVIDER_BAD_RESPONSE`; `RESULT_INVALID` when the audio is empty or cut off. */
export function readAudio(text: string, { check }: AudioFormat): Uint8Array<ArrayBuffer> {
  const audio = decodeAnswer(text);
  if (audio.byteLength === 0) {
    throw new AppError("RESULT_INVALID", "Cannot synthesize at google_tts: the audio is empty");
  }
  check(audio);
  return audio;
}

function checkMp3(file: Uint8Array<ArrayBuffer>): void {
  const { frameCount, truncated } = parseMp3(file);
  if (!truncated && frameCount > 0) return;
  throw new AppError("RESULT_INVALID", "Cannot synthesize at google_tts: the audio is cut off");
}

function decodeAnswer(text: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(answerSchema.parse(JSON.parse(text)).audioContent);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch (cause) {
    throw new AppError(
      "PROVIDER_BAD_RESPONSE",
      "Cannot synthesize at google_tts: the answer has no base64 audioContent",
      { cause },
    );
  }
}
