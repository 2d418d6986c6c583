/**
 * The narrator when nobody chose one: a voice that speaks the project's language.
 *
 * @module
 */

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
