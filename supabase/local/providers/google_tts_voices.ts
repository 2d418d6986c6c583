/**
 * The voices of the simulated Google Text-to-Speech and how eSpeak NG plays each of them.
 *
 * @module
 */

/** One voice: what the wire shows of it, and its timbre here. */
export interface SimulatedVoice {
  /** Google's name of it, `en-US-Neural2-C`. */
  readonly name: string;
  /** BCP 47, as its name begins. */
  readonly languageCode: string;
  /** As the wire spells it. */
  readonly ssmlGender: "FEMALE" | "MALE";
  /** eSpeak's language. */
  readonly language: string;
  /** eSpeak's variant: makes voices of one language sound different. */
  readonly variant: string;
}

/** eSpeak's language for each of Google's. */
const LANGUAGES: Readonly<Record<string, string>> = {
  "en-US": "en-us",
  "en-GB": "en-gb",
  "ko-KR": "ko",
  "ja-JP": "ja",
  "de-DE": "de",
  "fr-FR": "fr-fr",
  "es-ES": "es",
  "it-IT": "it",
  "pt-BR": "pt-br",
};

/** Families and their letters or names, each with gender and variant; names as on Google's voice list. */
const FAMILIES: readonly (readonly [string, "FEMALE" | "MALE", string])[] = [
  ["Standard-A", "FEMALE", "f1"],
  ["Standard-B", "MALE", "m1"],
  ["Wavenet-A", "FEMALE", "f4"],
  ["Wavenet-B", "MALE", "m6"],
  ["Wavenet-C", "FEMALE", "linda"],
  ["Neural2-A", "FEMALE", "anika"],
  ["Neural2-B", "MALE", "m7"],
  ["Neural2-C", "FEMALE", "f2"],
  ["Neural2-D", "MALE", "michel"],
  ["Neural2-F", "FEMALE", "Andrea"],
  ["Chirp3-HD-Kore", "FEMALE", "f3"],
  ["Chirp3-HD-Aoede", "FEMALE", "steph"],
  ["Chirp3-HD-Charon", "MALE", "m3"],
  ["Chirp3-HD-Puck", "MALE", "Hugo"],
];

/** Studio voices exist in a few languages only. */
const STUDIO: readonly (readonly [string, string, "FEMALE" | "MALE", string])[] = [
  ["en-US", "Studio-O", "FEMALE", "Alicia"],
  ["en-US", "Studio-Q", "MALE", "m4"],
  ["en-GB", "Studio-B", "MALE", "m4"],
  ["en-GB", "Studio-C", "FEMALE", "Alicia"],
  ["de-DE", "Studio-C", "FEMALE", "Alicia"],
  ["fr-FR", "Studio-A", "FEMALE", "Alicia"],
];

function voice(
  languageCode: string,
  family: string,
  ssmlGender: "FEMALE" | "MALE",
  variant: string,
): SimulatedVoice {
  const language = LANGUAGES[languageCode];
  if (language === undefined) throw new RangeError(`No eSpeak language for "${languageCode}"`);
  return { name: `${languageCode}-${family}`, languageCode, ssmlGender, language, variant };
}

/** All voices, by language, then family. */
export const SIMULATED_VOICES: readonly SimulatedVoice[] = [
  ...Object.keys(LANGUAGES).flatMap((code) => FAMILIES.map((family) => voice(code, ...family))),
  ...STUDIO.map((studio) => voice(...studio)),
];

/** Finds the voice a request names, or the language's first of the wanted gender when it names none. */
export function findVoice(
  languageCode: string,
  name: string | undefined,
  gender: string | undefined,
): SimulatedVoice | null {
  if (name) return SIMULATED_VOICES.find((one) => one.name === name) ?? null;
  const spoken = SIMULATED_VOICES.filter((one) =>
    one.languageCode.toLowerCase() === languageCode.toLowerCase() ||
    one.languageCode.split("-")[0] === languageCode
  );
  return spoken.find((one) => one.ssmlGender === gender) ?? spoken[0] ?? null;
}

/** Tells whether a voice refuses `pitch`, even 0. Source: home-assistant/core issues 130843 and 144824. */
export function refusesPitch(voiceName: string): boolean {
  return /-(Chirp|Studio|Journey)/.test(voiceName);
}
