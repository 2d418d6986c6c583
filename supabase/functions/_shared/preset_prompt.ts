/**
 * A style's prompt for one picture: the template with the picture's subject and the user's words in it.
 *
 * @module
 */
import type { Preset } from "../../../shared/contract/preset.ts";

/** A prompt and who wrote it. */
export interface WrittenPrompt {
  /** As the video model gets it. */
  readonly prompt: string;
  /** The template as it is, or a language model from it. */
  readonly by: "template" | "model";
}

/** What a template is filled with. */
export interface PresetWords {
  /** Its own prompt names the subject; uploads have none. */
  readonly image: { readonly prompt: string };
  /** The user's words. Absent: the template does without. */
  readonly prompt?: string | undefined;
}

/** Prompts of pictures go on about mood and style; their first words say what is to be seen. */
const MAX_SUBJECT_CHARS = 200;

/**
 * Fills a template. Pure. Words are put in as they are, so braces in them mean nothing; without words the place
 * for them goes, with the sign before it.
 */
export function fillPreset(
  { kind, prompt_template }: Pick<Preset, "kind" | "prompt_template">,
  { image, prompt = "" }: PresetWords,
): string {
  const words = tidy(prompt);
  const filled = prompt_template.replaceAll(
    /(\s*[;,:]?\s*)\{(prompt|subject)\}/g,
    (_whole, before: string, name: string) => {
      if (name === "prompt") return words === "" ? "" : before + words;
      return before + (subjectOf(image.prompt) || PLAIN_SUBJECT[kind]);
    },
  ).replaceAll(/\s+/g, " ").trim();
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

const PLAIN_SUBJECT: Readonly<Record<Preset["kind"], string>> = {
  dance: "the person in the picture",
  camera: "the subject of the picture",
  look: "the subject of the picture",
};

function subjectOf(imagePrompt: string): string {
  const [sentence = ""] = tidy(imagePrompt).split(/[.!?。]\s/);
  return Array.from(sentence).slice(0, MAX_SUBJECT_CHARS).join("");
}

/** One line, without the signs that would stand beside the template's own. */
function tidy(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().replace(/[.;,:\s]+$/, "");
}
