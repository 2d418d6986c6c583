/**
 * Writes what a question asks for: a film's fields where the schema's names mean something in a film,
 * plain values elsewhere, and a few sentences where no schema is given.
 *
 * @module
 */
import { type Brief, readBrief } from "./gemini_brief.ts";
import { type Chooser, chooserFor } from "./gemini_random.ts";
import type { Question } from "./gemini_request.ts";
import { type Spot, type ValueWriter, writeValue } from "./gemini_schema.ts";
import { type Story, type StoryCharacter, type StoryScene, writeStory } from "./gemini_story.ts";

/** Scenes, when neither schema nor prompt says how many. */
const DEFAULT_SCENES = 5;

const DEFAULT_CHARACTERS = 3;

/** The value that answers a question with a schema. */
export function writeObject(question: Question): unknown {
  const rewritten = rewrite(question);
  if (rewritten !== null) return rewritten;
  const brief = readBrief(question.system, question.prompt);
  return writeValue(question.schema ?? {}, filmWriter(brief));
}

/** What a better prompt has and a draft has not. */
const POLISH = "Natural motion, soft light with gentle shadows, fine detail.";

/** A draft that is to be made a better prompt comes back with a sentence more, where there is room. */
function rewrite({ system, prompt, schema }: Question): { prompt: string } | null {
  const { properties = {} } = (schema ?? {}) as {
    properties?: Record<string, { maxLength?: number }>;
  };
  const names = Object.keys(properties);
  if (!/\brewrite\b/i.test(system) || names.length !== 1 || names[0] !== "prompt") return null;
  const draft = draftOf(prompt).replace(/[.\s]+$/, "");
  const polished = `${draft}. ${POLISH}`;
  return {
    prompt: polished.length <= (properties["prompt"]?.maxLength ?? 1000) ? polished : draft,
  };
}

/** The draft itself, or JSON that holds one. */
function draftOf(prompt: string): string {
  try {
    const { draft }: { draft?: unknown } = JSON.parse(prompt);
    return typeof draft === "string" ? draft : prompt;
  } catch {
    return prompt;
  }
}

/** The text that answers a question without one. */
export function writeProse(question: Question): string {
  const brief = readBrief(question.system, question.prompt);
  const story = writeStory(brief, brief.counts["scenes"] ?? DEFAULT_SCENES, 2);
  return `${story.logline} ${story.reply}`;
}

/** Knows films. One story is written for each number of scenes that is asked for. */
function filmWriter(brief: Brief): ValueWriter {
  const chooser = chooserFor(`${brief.seed} values`);
  const stories = new Map<number, Story>();
  const storyOf = (spot: Spot): Story => {
    const around = spot.around.filter((one) => kindOf(one.name) === "scene");
    // Shots inside scenes have a moment of the story each.
    const scenes = around.length > 0
      ? around.reduce((product, one) => product * one.count, 1)
      : spot.around.find((one) => kindOf(one.name) === "frame")?.count ??
        brief.counts["scenes"] ?? DEFAULT_SCENES;
    let story = stories.get(scenes);
    if (story === undefined) {
      story = writeStory(brief, scenes, brief.counts["characters"] ?? DEFAULT_CHARACTERS);
      stories.set(scenes, story);
    }
    return story;
  };
  return {
    chooser,
    count: (spot) => countFor(spot, brief, storyOf(spot)),
    number: (spot) => numberFor(spot, chooser),
    text: (spot) => textFor(spot, storyOf(spot), brief, chooser),
  };
}

type Kind = "scene" | "character" | "frame" | "other";

function kindOf(name: string): Kind {
  if (/scene|shot|chapter|beat|장면/i.test(name)) return "scene";
  if (/character|cast|people|actor/i.test(name)) return "character";
  if (/frame|clip|image|video/i.test(name)) return "frame";
  return "other";
}

function countFor(spot: Spot, brief: Brief, story: Story): number | null {
  const kind = kindOf(spot.name);
  const nested = spot.around.length > 0;
  if (kind === "scene") return brief.counts["scenes"] ?? DEFAULT_SCENES;
  if (kind === "frame") {
    return brief.counts["frames"] ?? (nested ? 1 : brief.counts["scenes"] ?? DEFAULT_SCENES);
  }
  if (kind === "character") {
    return nested
      ? sceneAt(spot, story).characters.length
      : brief.counts["characters"] ?? Math.max(DEFAULT_CHARACTERS, brief.names.length);
  }
  return null;
}

function sceneAt(spot: Spot, story: Story): StoryScene {
  const scenes = spot.around.filter((one) => kindOf(one.name) === "scene");
  if (scenes.length > 0) {
    return itemAt(story.scenes, scenes.reduce((at, one) => at * one.count + one.index, 0));
  }
  const around = spot.around.findLast((one) => kindOf(one.name) === "frame") ?? spot.around[0];
  return itemAt(story.scenes, around?.index ?? 0);
}

/** The scene a spot is in, as told: the first shot of a scene that is there already shows its plot. */
function toldSceneAt(spot: Spot, story: Story, { plots }: Brief): StoryScene {
  const scene = sceneAt(spot, story);
  const [outer, inner] = spot.around.filter((one) => kindOf(one.name) === "scene");
  const plot = inner?.index === 0 ? plots[outer?.index ?? 0] : undefined;
  return plot === undefined ? scene : { ...scene, visual: plot.replace(/[.。]$/u, "") };
}

function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError("No items");
  return item;
}

function numberFor(spot: Spot, chooser: Chooser): number | null {
  const last = spot.around.at(-1);
  if (/index|number|order|position|^scene$|^n$/i.test(spot.name)) return (last?.index ?? 0) + 1;
  if (/dur|sec|length/i.test(spot.name)) return chooser.between(5, 8);
  if (/age/i.test(spot.name)) return chooser.between(9, 74);
  return null;
}

/** The first rule whose name fits wins. */
function textFor(spot: Spot, story: Story, brief: Brief, chooser: Chooser): string | null {
  const { name } = spot;
  const innermost = spot.around.at(-1);
  const kind = kindOf(innermost?.name ?? "");
  if (kind === "character" && innermost !== undefined) {
    const inScene = spot.around.length > 1;
    if (inScene) {
      return characterText(
        name,
        byName(story, itemAt(sceneAt(spot, story).characters, innermost.index)),
        story,
      );
    }
    return characterText(name, itemAt(story.cast, innermost.index), story);
  }
  if (/lang|locale/i.test(name)) return brief.language;
  if (/tag|keyword/i.test(name)) return itemAt(keywords(story), innermost?.index ?? 0);
  if (kind === "scene" || kind === "frame") {
    return sceneText(name, toldSceneAt(spot, story, brief), story, chooser);
  }
  if (/^(?:title|name|headline|heading)$|_title$|Title$/.test(name)) return story.title;
  if (/style|look/i.test(name)) return story.style;
  if (/genre|category/i.test(name)) return "drama";
  if (/mood|tone/i.test(name)) return itemAt(story.scenes, 0).mood;
  if (/reply|answer|message|response|content|question/i.test(name)) return story.reply;
  if (/(?<!de)script|narration|voice_?over/i.test(name)) {
    return story.scenes.map((scene) => scene.narration).join(" ");
  }
  if (/prompt|visual|image|video|motion/i.test(name)) {
    const scene = itemAt(story.scenes, 0);
    return [brief.premise, scene.visual].filter(Boolean).join(", ");
  }
  if (/desc|summary|logline|synopsis|overview|about|text|plot|premise/i.test(name)) {
    return story.logline;
  }
  return itemAt(story.scenes, innermost?.index ?? 0).narration;
}

function sceneText(name: string, scene: StoryScene, story: Story, chooser: Chooser): string {
  if (/title|heading|headline|^name$/i.test(name)) return scene.title;
  if (/motion|video|camera|movement/i.test(name)) {
    return /camera/i.test(name) ? scene.camera : `${scene.visual}. ${scene.camera}`;
  }
  if (/note|direction|comment/i.test(name)) return `${scene.mood}; ${scene.camera}`;
  if (/mood|tone|emotion|atmosphere/i.test(name)) return scene.mood;
  if (/style|palette/i.test(name)) return story.style;
  if (/location|place|setting/i.test(name)) return scene.place;
  if (/time|light/i.test(name)) return scene.light;
  if (/plot|visual|action|image|prompt|shot|frame|picture|desc/i.test(name)) return scene.visual;
  if (/character|who/i.test(name)) return chooser.pick(scene.characters);
  return scene.narration;
}

function characterText(name: string, character: StoryCharacter, story: Story): string | null {
  if (/role|relation/i.test(name)) return character.role;
  if (/voice/i.test(name)) return null;
  if (/prompt|image/i.test(name)) return `${character.description}, ${story.style}`;
  if (/desc|look|appear|visual|bio|person|trait|cloth/i.test(name)) return character.description;
  return character.name;
}

function byName(story: Story, name: string): StoryCharacter {
  return story.cast.find((one) => one.name === name) ?? itemAt(story.cast, 0);
}

function keywords(story: Story): string[] {
  const words = story.logline.match(/\p{L}{5,}/gu) ?? [];
  return [...new Set(words.map((word) => word.toLowerCase()))].slice(0, 8).concat("film");
}
