/**
 * `text:synthesize` of the simulated Google Text-to-Speech: the API's checks, then real speech.
 *
 * @module
 */
import { z } from "zod";
import { narrate, type NarrationEncoding } from "../media/speech_narrate.ts";
import { type Answer, jsonAnswer, rpcError } from "./google_rpc.ts";
import { findVoice, refusesPitch, type SimulatedVoice } from "./google_tts_voices.ts";

/** Source: Google's quotas page, "Total bytes per request"; UTF-8 bytes, not characters. */
const MAX_INPUT_BYTES = 5000;

/** Where the synthetic voices speak as fast as Google's do. */
const WORDS_PER_MINUTE = 165;

/** eSpeak's pitch scale is about 2.5 steps a semitone around its middle. */
const PITCH_STEPS_PER_SEMITONE = 2.5;

/** Strict, because the API refuses fields it does not know. */
const requestSchema = z.strictObject({
  input: z.strictObject({
    text: z.string().optional(),
    ssml: z.string().optional(),
    markup: z.string().optional(),
    prompt: z.string().optional(),
  }).default({}),
  voice: z.strictObject({
    languageCode: z.string().optional(),
    name: z.string().optional(),
    ssmlGender: z.enum(["SSML_VOICE_GENDER_UNSPECIFIED", "MALE", "FEMALE", "NEUTRAL"]).optional(),
    modelName: z.string().optional(),
  }).default({}),
  audioConfig: z.strictObject({
    audioEncoding: z.enum(
      ["LINEAR16", "MP3", "OGG_OPUS", "MULAW", "ALAW", "PCM", "M4A"],
    ).optional(),
    speakingRate: z.number().optional(),
    pitch: z.number().optional(),
    volumeGainDb: z.number().optional(),
    sampleRateHertz: z.int().optional(),
    effectsProfileId: z.array(z.string()).optional(),
  }).default({}),
});

type SynthesizeRequest = z.infer<typeof requestSchema>;

/** The spoken audio, or the API's refusal. */
export type Synthesis = { readonly audio: Uint8Array } | { readonly refusal: Answer };

/**
 * Answers one request body. Takes about 0.15 s of CPU for 25 words; long texts are spoken in a thread.
 *
 * @param signal Ends that thread, and rejects.
 */
export async function synthesize(body: string, signal: AbortSignal): Promise<Synthesis> {
  const parsed = parseRequest(body);
  if ("refusal" in parsed) return parsed;
  const { request } = parsed;
  const { input, audioConfig: audio } = request;
  const voice = findVoice(
    request.voice.languageCode ?? "",
    request.voice.name,
    request.voice.ssmlGender,
  );
  const complaint = complain(request, voice);
  if (complaint !== null) return refuse(complaint);
  const encoding = audio.audioEncoding;
  if (voice === null || !isEncoding(encoding)) {
    return refuse(`Audio encoding ${encoding} is not supported by this voice.`);
  }
  const spoken = await narrate({
    text: input.text ?? input.markup ?? input.ssml ?? "",
    ssml: input.ssml !== undefined,
    language: voice.language,
    variant: voice.variant,
    wordsPerMinute: WORDS_PER_MINUTE * (audio.speakingRate || 1),
    pitch: Math.max(0, Math.min(99, 50 + PITCH_STEPS_PER_SEMITONE * (audio.pitch ?? 0))),
    gainDb: audio.volumeGainDb ?? 0,
    encoding,
  }, signal);
  return { audio: spoken };
}

function isEncoding(encoding: string | undefined): encoding is NarrationEncoding {
  return ["MP3", "OGG_OPUS", "LINEAR16", "PCM"].includes(encoding ?? "");
}

function parseRequest(
  body: string,
): { readonly request: SynthesizeRequest } | { readonly refusal: Answer } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return refuse("Invalid JSON payload received. Unexpected token.");
  }
  const parsed = requestSchema.safeParse(json);
  if (parsed.success) return { request: parsed.data };
  const violations = parsed.error.issues.map((issue) => {
    const field = issue.path.join(".").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const description = issue.code === "unrecognized_keys"
      ? issue.keys.map((key) =>
        `Invalid JSON payload received. Unknown name "${key}"${
          field ? ` at '${field}'` : ""
        }: Cannot find field.`
      ).join("\n")
      : `Invalid value at '${field}'`;
    return { field, description };
  });
  return {
    refusal: rpcError(
      "INVALID_ARGUMENT",
      violations.map((one) => one.description).join("\n"),
      [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }],
    ),
  };
}

/** The first rule the request breaks, in the API's words, or null. */
function complain(request: SynthesizeRequest, voice: SimulatedVoice | null): string | null {
  const { input, audioConfig: audio } = request;
  const inputs = [input.text, input.ssml, input.markup].filter((one) => one !== undefined);
  const [said] = inputs;
  if (inputs.length !== 1 || !said) return "Either `input.text` or `input.ssml` must be set.";
  if (new TextEncoder().encode(said).byteLength > MAX_INPUT_BYTES) {
    return "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes. This limit " +
      "is different from quotas. To fix, reduce the byte length of the characters in this request, " +
      "or consider using the Long Audio API: " +
      "https://cloud.google.com/text-to-speech/docs/create-audio-text-long-audio-synthesis.";
  }
  if (input.ssml !== undefined && !/^\s*<speak[\s>]/.test(input.ssml)) {
    return "Invalid SSML. Newer voices like Neural2 require valid SSML.";
  }
  if (!request.voice.languageCode) return "Voice language code is required.";
  if (voice === null) {
    return request.voice.name
      ? `Voice '${request.voice.name}' does not exist. Is it misspelled?`
      : `This language code is not supported: ${request.voice.languageCode}.`;
  }
  if (voice.languageCode.toLowerCase() !== request.voice.languageCode.toLowerCase()) {
    return `Requested language code '${request.voice.languageCode}' doesn't match the voice ` +
      `'${voice.name}''s language code '${voice.languageCode}'. Either use a matching language ` +
      "code or leave the voice name empty.";
  }
  if (audio.audioEncoding === undefined) return "Audio encoding must be specified.";
  if (audio.pitch !== undefined && refusesPitch(voice.name)) {
    return "This voice does not support pitch parameters at this time.";
  }
  if (input.ssml !== undefined && voice.name.includes("-Chirp")) {
    return "This voice currently does not support SSML.";
  }
  return outOfRange("speaking_rate", audio.speakingRate || undefined, 0.25, 2) ??
    outOfRange("pitch", audio.pitch, -20, 20) ??
    outOfRange("volume_gain_db", audio.volumeGainDb, -96, 16) ??
    (audio.sampleRateHertz !== undefined && audio.sampleRateHertz !== 24_000
      ? `The sample rate ${audio.sampleRateHertz} is not supported by the encoding.`
      : null);
}

function outOfRange(
  field: string,
  value: number | undefined,
  min: number,
  max: number,
): string | null {
  if (value === undefined || (value >= min && value <= max)) return null;
  return `Invalid ${field}: ${value}. It must be in the range [${min}, ${max}].`;
}

function refuse(message: string): { readonly refusal: Answer } {
  return { refusal: rpcError("INVALID_ARGUMENT", message) };
}

/** The API's answer that carries audio. */
export function audioAnswer(audio: Uint8Array): Answer {
  let binary = "";
  // By pieces: a call takes only so many arguments.
  for (let at = 0; at < audio.byteLength; at += 0x8000) {
    binary += String.fromCharCode(...audio.subarray(at, at + 0x8000));
  }
  return jsonAnswer({ audioContent: btoa(binary) });
}
