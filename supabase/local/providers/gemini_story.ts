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
  readonly title: string;
  /** Spoken in 5 to 10 seconds: 12 to 30 words, or as many characters as that takes. */
  readonly narration: string;
  /** What is to be seen. */
  readonly visual: string;
  readonly place: string;
  readonly light: string;
  readonly mood: string;
  readonly camera: string;
  /** Names of those who appear. */
  readonly characters: readonly string[];
}

/** One of the cast. */
export interface StoryCharacter {
  readonly name: string;
  readonly role: string;
  readonly description: string;
}

/** A whole film. */
export interface Story {
  readonly title: string;
  readonly logline: string;
  readonly style: string;
  readonly scenes: readonly StoryScene[];
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
  const beats = arrange(book, Math.max(1, Math.min(MAX_SCENES, sceneCount)), subject, chooser);
  const told = new Map<string, number>();
  const scenes = beats.map((beat) => {
    const round = told.get(beat.narration) ?? 0;
    told.set(beat.narration, round + 1);
    return writeScene(book, again(beat, round, book), shared, chooser);
  });
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

/** A beat told again says that time has passed. */
function again(beat: Beat, round: number, book: StoryBook): Beat {
  if (round === 0) return beat;
  const later = book.laters[(round - 1) % book.laters.length] ?? "";
  return { ...beat, narration: `${later} ${beat.narration}` };
}

function writeScene(
  book: StoryBook,
  beat: Beat,
  shared: Shared,
  chooser: Chooser,
): StoryScene {
  const words = {
    ...shared,
    at_place: shared["at_place"] ?? chooser.pick(book.places),
    time: chooser.pick(book.times),
    weather: chooser.pick(book.weathers),
    light: chooser.pick(book.lights),
    camera: chooser.pick(book.cameras),
  };
  const narration = book.fitNarration(book.finish(book.fill(beat.narration, words)));
  return {
    title: book.finish(book.fill(beat.title, words)).replace(/[.。]$/u, ""),
    narration,
    visual: book.finish(book.fill(`${beat.visual}${book.visualTail}`, words)),
    place: words.at_place,
    light: words.light,
    mood: chooser.pick(book.moods),
    camera: words.camera,
    characters: beat.narration.includes("{friend") || beat.visual.includes("{friend")
      ? [words.lead, words.friend]
      : [words.lead],
  };
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

/** Takes a beat for each step; none twice before all of its step were used. */
function arrange(
  book: StoryBook,
  count: number,
  subject: StorySubject,
  chooser: Chooser,
): Beat[] {
  const decks = new Map<Step, Beat[]>();
  return steps(count).map((step) => {
    let deck = decks.get(step);
    if (deck === undefined || deck.length === 0) {
      deck = chooser.shuffle(book.beats[step].filter((beat) => subject.allows(beat)));
      decks.set(step, deck);
    }
    const beat = deck.pop();
    if (beat === undefined) throw new RangeError(`No beat for "${step}" in ${book.language}`);
    return beat;
  });
}
