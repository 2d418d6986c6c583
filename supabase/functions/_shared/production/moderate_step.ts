/**
 * Moderation in the middle of a film: what its owner has edited since the click, and what a language model has
 * written since, is looked at before it is bought.
 *
 * @module
 */
import { contentOf, refusal } from "../allowed_content.ts";
import type { Moderator } from "../providers/moderation.ts";
import type { ProviderCall } from "../providers/render.ts";
import type { ProductionState } from "./state.ts";
import type { ChildItem } from "./step.ts";

/**
 * Throws `CONTENT_REFUSED`, naming the shot or character, when moderation finds something in the pictures and clips
 * that a step would start. They are looked at together, and one by one only to tell which it was; a step without
 * any is not looked at. Errors of a moderator that is down: see `createModerator`; by default none.
 */
export async function assertStepAllowed(
  items: readonly ChildItem[],
  state: ProductionState,
  { moderator, ...call }: ProviderCall & { readonly moderator: () => Moderator },
): Promise<void> {
  const shown = items.filter(({ kind }) => kind === "image" || kind === "video");
  if (shown.length === 0) return;
  const desk = moderator();
  const { provider } = desk;
  const look = (some: readonly ChildItem[]) => desk.check(contentOf(some, state.images), call);
  const all = await look(shown);
  if (!all.flagged) return;
  for (const item of shown) {
    const found = shown.length === 1 ? all : await look([item]);
    if (found.flagged) throw refusal(nameOf(item, state), { ...found, provider });
  }
  throw refusal("the film's next shots", { ...all, provider });
}

/** What a user knows it by. */
function nameOf({ kind, asset }: ChildItem, { scenes, frames, characters }: ProductionState) {
  const idOf = (column: string): unknown =>
    typeof asset === "object" && asset !== null ? Reflect.get(asset, column) : null;
  const character = characters.find(({ id }) => id === idOf("character_id"));
  if (character !== undefined) return `the reference picture of "${character.name}"`;
  const frame = frames.find(({ id }) => id === idOf("frame_id"));
  const scene = scenes.find(({ id }) => id === frame?.scene_id);
  return `the ${
    kind === "image" ? "picture" : "clip"
  } of shot ${frame?.index} of scene ${scene?.index}`;
}
