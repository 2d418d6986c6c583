/**
 * Writes a small film from a brief: a title, a cast, and an arc over as many scenes as asked.
 *
 * The stories are put together from sentences per language and per step of the arc; which ones, and what
 * fills them, depends on every character of the prompt, so that no two prompts give the same film and
 * the same prompt always gives the same one.
 *
 * @module
 */
import type { Brief } from "./gemini_brief.ts";
import { type Chooser, chooserFor } from "./gemini_random.ts";
import type { Beat, Step, StoryBook, StorySubject } from "./gemini_story_book.ts";
import { STORY_BOOKS } from "./gemini_story_books.ts";

/** One scene. */
export interface StoryScene {
  /** Two to four words. */
  readonly title: string;
  /** Spoken in 5 to 10 seconds: 12 to 30 words, or as many characters as that takes. */
  readonly narration: string;
  /** What is to be seen. */
  readonly visual: string;
  /** Where it plays, as a phrase. */
  readonly place: string;
  /** How it is lit. */
  readonly light: string;
  /** One word. */
  readonly mood: string;
  /** How the camera moves. */
  readonly camera: string;
  /** Names of those who appear. */
  readonly characters: readonly string[];
}

/** One of the cast. */
export interface StoryCharacter {
  /** A first name, or the one the prompt gives. */
  readonly name: string;
  /** What they are to the story. */
  readonly role: string;
  /** How they look. */
  readonly description: string;
}

/** A whole film. */
export interface Story {
  /** Without a full stop. */
  readonly title: string;
  /** The idea, and a sentence about the film. */
  readonly logline: string;
  /** One look for all pictures. */
  readonly style: string;
  /** As many as asked, in order. */
  readonly scenes: readonly StoryScene[];
  /** The lead first, then the friend. */
  readonly cast: readonly StoryCharacter[];
  /** A sentence or two about the film, as an assistant says them. */
  readonly reply: string;
}

/** Slots that stay the same through a film. */
type Shared = Readonly<Record<string, string>> & {
  readonly lead: string;
  readonly friend: string;
  readonly style: string;
};

/** Asked for at most this many, whatever the prompt says. */
const MAX_SCENES = 60;

/** Writes the film of a brief in `sceneCount` scenes with `castCount` characters. */
export function writeStory(brief: Brief, sceneCount: number, castCount: number): Story {
  const book = STORY_BOOKS[brief.language];
  const chooser = chooserFor(brief.seed);
  const subject = book.readSubject(brief.premise, chooser);
  const known = [...brief.names, ...(subject.words["name"] ? [subject.words["name"]] : [])];
  const names = [...known, ...chooser.shuffle(book.names)].slice(0, Math.max(2, castCount));
  const [lead = "", friend = ""] = names;
  const shared: Shared = {
    title_place: subject.words["at_place"] ?? chooser.pick(book.places),
    ...subject.words,
    lead,
    friend,
    ...objects(book, subject, chooser),
    theme: chooser.pick(book.themes),
    style: chooser.pick(book.styles),
  };
  const draw = createDecks(book, subject, chooser);
  const scenes = steps(Math.max(1, Math.min(MAX_SCENES, sceneCount)))
    .map((step) => writeScene(book, { step, draw, shared, chooser, words: brief.wordsPerScene }));
  const fill = (template: string) => book.finish(book.fill(template, shared));
  return {
    title: fill(chooser.pick(book.titles)).replace(/[.。]$/u, ""),
    logline: fill(chooser.pick(book.loglines)).replace("{count}", String(scenes.length)),
    style: shared.style,
    scenes,
    cast: names.map((name, i) => ({
      name,
      role: i === 0 ? book.fill(book.leadRole, shared) : chooser.pick(book.roles),
      description: book.finish(
        book.fill(i === 0 ? book.leadLook : chooser.pick(book.looks), {
          ...shared,
          name,
          detail: chooser.pick(book.details),
        }),
      ),
    })),
    reply: fill(chooser.pick(book.replies)).replace("{count}", String(scenes.length)),
  };
}

/** One thing goes through the whole film; what the prompt does not set against the hero, it is. */
function objects(
  book: StoryBook,
  subject: StorySubject,
  chooser: Chooser,
): { readonly thing: string; readonly other: string } {
  const thing = chooser.pick(book.things);
  return { thing, other: subject.words["other"] ?? book.known(thing) };
}

/** What a scene is written from. */
interface SceneOrder {
  readonly step: Step;
  readonly draw: (step: Step) => Beat;
  readonly shared: Shared;
  readonly chooser: Chooser;
  /** How long the narration should be; null for one beat. */
  readonly words: number | null;
}

function writeScene(book: StoryBook, order: SceneOrder): StoryScene {
  const { step, draw, shared, chooser } = order;
  const beat = draw(step);
  const slots = {
    ...shared,
    at_place: shared["at_place"] ?? chooser.pick(book.places),
    time: chooser.pick(book.times),
    weather: chooser.pick(book.weathers),
    light: chooser.pick(book.lights),
    camera: chooser.pick(book.cameras),
  };
  const tell = (one: Beat) => book.fitNarration(book.finish(book.fill(one.narration, slots)));
  const friendAppears = `${beat.narration}${beat.visual}`.includes("{friend");
  return {
    title: book.finish(book.fill(beat.title, slots)).replace(/[.。]$/u, ""),
    narration: fitLength(tell(beat), () => tell(draw("trial")), order.words, book),
    visual: book.finish(book.fill(`${beat.visual}${book.visualTail}`, slots)),
    place: slots.at_place,
    light: slots.light,
    mood: chooser.pick(book.moods),
    camera: slots.camera,
    characters: friendAppears ? [shared.lead, shared.friend] : [shared.lead],
  };
}

/** Nobody wants more in one scene. */
const MAX_WORDS_PER_SCENE = 300;

/** Brings narration near to the length that is asked for: more beats, or fewer sentences. */
function fitLength(
  text: string,
  more: () => string,
  words: number | null,
  book: StoryBook,
): string {
  if (words === null) return text;
  const wanted = Math.min(words, MAX_WORDS_PER_SCENE);
  let fitted = text;
  while (book.countWords(fitted) < 0.75 * wanted) fitted = `${fitted} ${more()}`;
  if (book.countWords(fitted) <= 1.5 * wanted) return fitted;
  const [first = text, ...rest] = fitted.split(/(?<=[.!?。])\s*/u).filter(Boolean);
  return rest.reduce(
    (kept, sentence) =>
      book.countWords(`${kept} ${sentence}`) <= 1.25 * wanted ? `${kept} ${sentence}` : kept,
    first,
  );
}

/** Steps of an arc of a length; the middle of longer films is all trials. */
function steps(count: number): Step[] {
  const full: Step[] = ["opening", "wish", "setback", "turn", "climax", "ending"];
  const short: Readonly<Record<number, Step[]>> = {
    1: ["opening"],
    2: ["opening", "ending"],
    3: ["opening", "climax", "ending"],
    4: ["opening", "wish", "climax", "ending"],
    5: ["opening", "wish", "trial", "climax", "ending"],
  };
  const trials = Array.from({ length: Math.max(0, count - full.length) }, (): Step => "trial");
  return short[count] ?? [...full.slice(0, 2), ...trials, ...full.slice(2)];
}

/** Gives a beat of a step, none twice before all of its step were told; then it says time has passed. */
function createDecks(
  book: StoryBook,
  subject: StorySubject,
  chooser: Chooser,
): (step: Step) => Beat {
  const decks = new Map<Step, { left: Beat[]; round: number }>();
  return (step) => {
    let deck = decks.get(step);
    if (deck === undefined || deck.left.length === 0) {
      const beats = book.beats[step].filter((beat) => subject.allows(beat));
      deck = { left: chooser.shuffle(beats), round: deck === undefined ? 0 : deck.round + 1 };
      decks.set(step, deck);
    }
    const beat = deck.left.pop();
    if (beat === undefined) throw new RangeError(`No beat for "${step}" in ${book.language}`);
    if (deck.round === 0) return beat;
    const later = book.laters[(deck.round - 1) % book.laters.length] ?? "";
    return { ...beat, narration: `${later} ${beat.narration}` };
  };
}
