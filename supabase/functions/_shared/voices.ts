/**
 * What a voice's id says, and the narrator when nobody chose one: a voice that speaks the project's language.
 *
 * @module
 */
import { AppError } from "./app_error.ts";

/** One clear voice a language (docs.cloud.google.com/text-to-speech/docs/list-voices-and-types). */
const BY_LANGUAGE: Readonly<Record<string, string>> = {
  de: "de-DE-Neural2-F",
  en: "en-US-Neural2-C",
  es: "es-ES-Neural2-A",
  fr: "fr-FR-Neural2-A",
  it: "it-IT-Neural2-A",
  ja: "ja-JP-Neural2-B",
  ko: "ko-KR-Neural2-A",
  pt: "pt-BR-Neural2-A",
};

/** The user's own voice when it speaks the language; else one that does; else the user's own after all. */
export function defaultVoice(language: string, preferred: string): string {
  const primary = language.split("-")[0]?.toLowerCase() ?? "";
  if (preferred.toLowerCase().startsWith(`${primary}-`)) return preferred;
  return BY_LANGUAGE[primary] ?? preferred;
}

/** Voices that Chirp 3 HD has in every language it speaks: high and low in turn. */
const CHIRP_NAMES = ["Kore", "Puck", "Aoede", "Charon", "Leda", "Fenrir", "Zephyr", "Orus"];

/** Voices for the characters of a film in a language, each another one. */
export function voicesOf(language: string): string[] {
  const [primary, region] = (defaultVoice(language, "") || language).split("-");
  return region === undefined
    ? []
    : CHIRP_NAMES.map((name) => `${primary}-${region}-Chirp3-HD-${name}`);
}

/** What a voice's id is made of. */
export interface VoiceName {
  /** BCP 47 language and region, such as `cmn-CN`. */
  readonly language: string;
  /** How it was made, which decides price and abilities: `Standard`, `Neural2`, `Chirp3-HD`. */
  readonly family: string;
}

/**
 * Reads an id such as `en-US-Chirp3-HD-Kore`: language, family, name. Throws `MODEL_INPUT_INVALID` when it
 * is made of something else.
 */
export function parseVoice(voiceId: string): VoiceName {
  const [, language, family] =
    /^([a-z]{2,3}-(?:[A-Z]{2}|\d{3}))-([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)-[A-Za-z0-9]+$/.exec(
      voiceId,
    ) ?? [];
  if (language !== undefined && family !== undefined) return { language, family };
  throw new AppError(
    "MODEL_INPUT_INVALID",
    `Cannot use voice "${voiceId}": it is not a language such as en-US, a family and a name`,
    { details: { field: "voice_id" }, hint: "Call list-voices for the voices there are" },
  );
}

/** Tells whether a voice is one of our own choices: these are known to exist without asking. */
export function isDefaultVoice(voiceId: string): boolean {
  return Object.values(BY_LANGUAGE).includes(voiceId);
}
