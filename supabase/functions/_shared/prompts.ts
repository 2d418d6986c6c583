/**
 * Composing what picture and clip models are asked for, from what the user wrote.
 *
 * @module
 */
import type { StudioContext } from "./database/studio_context.ts";

type Project = Pick<StudioContext["project"], "title" | "description" | "tone">;
type Scene = Pick<StudioContext["scenes"][number], "title" | "plot" | "text" | "notes">;
type Image = Pick<StudioContext["images"][number], "prompt">;

/** Platforms that are watched upright. */
const UPRIGHT = new Set(["tiktok", "shorts", "youtube-shorts", "reels", "instagram-reels"]);

/** Width to height that a platform shows. */
export function aspectRatioOf(platform: string): "16:9" | "9:16" | "1:1" {
  const name = platform.toLowerCase();
  return UPRIGHT.has(name) ? "9:16" : name === "square" || name === "instagram" ? "1:1" : "16:9";
}

/** The ratio of a list that is nearest to a picture's own (width / height). */
export function nearestAspectRatio(
  ratio: number,
  allowed: readonly string[] = ["16:9", "9:16", "1:1"],
) {
  const distance = (text: string) => {
    const [width = 1, height = 1] = text.split(":").map(Number);
    return Math.abs(Math.log(ratio / (width / height)));
  };
  return [...allowed].sort((a, b) => distance(a) - distance(b))[0] ?? "16:9";
}

/** A picture's prompt: what is to be seen first, then mood and style. Cut at `maxChars`. */
export function composeImagePrompt(
  { project, scene }: { project: Project; scene: Scene | null },
  { style, maxChars }: { style: string; maxChars: number | undefined },
): string {
  const subject = scene === null
    ? [project.title, project.description]
    : [scene.title, scene.plot === "" ? scene.text : scene.plot, scene.notes];
  return cut([...subject, `Mood: ${project.tone}`, `Style: ${style}`], maxChars);
}

/** A clip's prompt: what happens, then how the camera moves. Cut at `maxChars`. */
export function composeVideoPrompt(
  { project, scene, image }: { project: Project; scene: Scene | null; image: Image },
  maxChars: number | undefined,
): string {
  const action = scene === null
    ? image.prompt || project.description || project.title
    : scene.plot || scene.text;
  return cut([action, `Mood: ${project.tone}`, "Slow, steady camera; natural motion"], maxChars);
}

/** Who is in a picture, and how they look. */
type Character = Pick<StudioContext["characters"][number], "name" | "description">;
type Frame = Pick<StudioContext["frames"][number], "action" | "camera" | "video_prompt">;

/** A shot's picture: what is seen, who is in it (in the order of the reference pictures), camera, mood, style. */
export function composeFramePrompt(
  { project, frame, cast }: { project: Project; frame: Frame; cast: readonly Character[] },
  { style, maxChars }: { style: string; maxChars: number | undefined },
): string {
  const people = cast.map(({ name, description }, at) =>
    `${name}, as in reference picture ${at + 1}: ${description}`
  );
  return cut(
    [frame.action, ...people, frame.camera, `Mood: ${project.tone}`, `Style: ${style}`],
    maxChars,
  );
}

/** A character's reference picture: the whole figure, alone, in even light. */
export function composeReferencePrompt(
  { name, description }: Character,
  { style, maxChars }: { style: string; maxChars: number | undefined },
): string {
  return cut([
    `Character reference of ${name}`,
    description,
    "Full figure, alone, facing the camera, plain background, even light",
    `Style: ${style}`,
  ], maxChars);
}

/** A shot's clip: what happens in it. */
export function composeShotPrompt(
  { project, frame }: { project: Project; frame: Frame },
  maxChars: number | undefined,
): string {
  return cut([frame.video_prompt || frame.action, frame.camera, `Mood: ${project.tone}`], maxChars);
}

/** Joins sentences, each with one full stop, and cuts at whole characters. */
function cut(sentences: readonly string[], maxChars = 2000): string {
  const text = sentences.map((sentence) =>
    sentence.replaceAll(/\s+/g, " ").trim().replace(/[.\s]+$/, "")
  )
    .filter((sentence) => sentence !== "").join(". ");
  return Array.from(text).slice(0, maxChars).join("");
}
