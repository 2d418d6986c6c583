/**
 * English stories. Mostly a table of sentences.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";
import {
  type Beat,
  countSpacedWords,
  fillSlots,
  finishSentence,
  fitWords,
  type StoryBook,
  type StorySubject,
} from "./gemini_story_book.ts";
import { findPhrases, type NounPhrase, type PhraseGrammar } from "./gemini_subject.ts";

const set = (words: string) => new Set(words.split(" "));

const GRAMMAR: PhraseGrammar = {
  determiners: set(
    "a an the one two three four five six seven some many several both his her their its my our this " +
      "that these those every",
  ),
  plurals: set("two three four five six seven some many several both these those"),
  stops: set(
    "and or but while as when where who which that because if so of in on at under inside near beneath " +
      "above across through during with without to from for by into onto over after before until " +
      "between behind along around is are was were be has have had must can will does do not how what " +
      "then there meets between against about like",
  ),
  wheres: set("in on at under inside near beneath above across through behind along around"),
  relatives: set("who which that"),
  verbEnding: /(?:[^s]s|ed|ing)$/,
  sureVerbEnding: /[^su'’]s$/,
};

function beat(title: string, narration: string, visual: string): Beat {
  return { title, narration, visual };
}

const HEROES = [
  "a young mapmaker",
  "a retired night watchman",
  "a travelling clock-mender",
  "a quiet street musician",
  "a stubborn gardener",
  "a girl with a borrowed boat",
];

/** Stories in English. */
export const ENGLISH_STORIES: StoryBook = {
  language: "en",
  beats: {
    opening: [
      beat(
        "Where it begins",
        "It is {time} {at_place}, and {a_hero} {v:wake} to a day unlike any other, with {other} already close at hand.",
        "{a_hero} waking {at_place} at {time}, {other} in the background",
      ),
      beat(
        "A small beginning",
        "Every story {at_place} starts small. This one starts with {a_hero}, the sound of {weather}, and the thought of {other}.",
        "wide view of {a_hero}, small in the frame, {at_place} in {weather}",
      ),
      beat(
        "Unnoticed",
        "Nobody {at_place} notices {a_hero} at {time}, and nobody guesses how much {other} will come to matter.",
        "{a_hero} walking unnoticed {at_place}, people passing by out of focus",
      ),
      beat(
        "The day it happens",
        "They say it could never happen {at_place}. And yet this is the day {hero} {action}.",
        "{hero} {at_place}, the moment before everything changes",
      ),
    ],
    wish: [
      beat(
        "Leaving",
        "{hero} {v:want} only one thing: to understand {other}. So a bag is packed, a door is closed, and the road begins.",
        "{hero} closing a wooden door, a packed bag on one shoulder",
      ),
      beat(
        "The thing on the table",
        "On the table lies {thing}. {hero} {v:pick} it up, {v:breathe} in, and {v:decide} that today the waiting ends.",
        "close view of {thing} on a worn table, the hand of {hero} reaching for it",
      ),
      beat(
        "Not alone",
        "Not without me, says {friend}, and just like that {hero} {v:have} company on the long way towards {other}.",
        "{hero} and {friend} setting out side by side {at_place}",
      ),
    ],
    trial: [
      beat(
        "The {weather}",
        "The {weather} comes without warning. {hero} {v:shelter} with {friend} {at_place}, counting the seconds until it passes.",
        "{hero} and {friend} sheltering {at_place} while {weather} rages",
      ),
      beat(
        "The wrong map",
        "The map is wrong. {hero} {v:turn} it over twice, {v:laugh}, and {v:choose} the path that nobody has ever drawn.",
        "{hero} holding a creased map at a fork in the path",
      ),
      beat(
        "A hand",
        "{friend} stumbles, and anyone else would walk on, but {hero} {v:stop}, {v:turn} around and {v:stay} until the pain is gone.",
        "{hero} bending down to {friend} on a stony path",
      ),
      beat(
        "What was hidden",
        "Hidden {at_place} they find {thing}. It is older than either of them, and it still seems to be waiting.",
        "{thing} half buried {at_place}, {hero} and {friend} leaning over it",
      ),
      beat(
        "The toll",
        "A stranger names the price of passage. {hero} {v:pay} with the only thing of value left: one honest answer.",
        "{hero} facing a hooded stranger at a narrow gate",
      ),
      beat(
        "The silence",
        "For a whole day nothing happens. {hero} and {friend} rest {at_place} and learn how loud a silence can be.",
        "{hero} and {friend} resting {at_place}, nothing moving but the clouds",
      ),
      beat(
        "The bridge",
        "The bridge is gone. With rope, patience and {thing}, {hero} {v:build} another one, plank by plank, before {time}.",
        "{hero} tying ropes above a deep gorge",
      ),
      beat(
        "Footprints",
        "Somebody has been here before. The footprints lead past {friend}, past the last lamp, and straight towards {other}.",
        "a line of footprints leading away {at_place}, {hero} following with a lamp",
      ),
      beat(
        "The chase",
        "Go, go, go! Behind them the {weather} swallows the road, and {hero} {v:look} back only when the hill is climbed.",
        "{hero} and {friend} running uphill, {weather} closing in behind them",
      ),
      beat(
        "The last of the bread",
        "At {time} they share the last of the bread, and {hero} {v:tell} {friend} the part of the story nobody knows.",
        "{hero} and {friend} by a small fire {at_place} at {time}",
      ),
      beat(
        "A small mistake",
        "One small mistake, one great noise, and everyone {at_place} is awake. {hero} {v:smile}, {v:bow}, and {v:vanish}.",
        "lights going on everywhere {at_place}, {hero} caught in the middle",
      ),
      beat(
        "The door",
        "The door opens for {thing} and for nothing else. On the other side {hero} {v:see} what all of this is for.",
        "{hero} in front of a tall door that opens onto bright light",
      ),
    ],
    setback: [
      beat(
        "Alone",
        "Then everything goes wrong at once. The light fails, {friend} is gone, and {hero} {v:be} alone {at_place}.",
        "{hero} alone {at_place}, the last light going out",
      ),
      beat(
        "Letting go",
        "{hero} {v:rest} in the {weather} and {v:let} go of {thing}. For the first time, giving up sounds like sleep.",
        "{thing} lying in the {weather}, {hero} turned away from it",
      ),
      beat(
        "Nothing to say",
        "It was never going to be easy, but nobody said it would hurt. {hero} {v:look} at {other} and {v:say} nothing.",
        "the face of {hero} in silence, {other} reflected in a dark window",
      ),
    ],
    turn: [
      beat(
        "Out of the {weather}",
        "But then, very quietly, {friend} comes back out of the {weather}, carrying {thing} as if it weighed nothing.",
        "{friend} stepping out of the {weather} with {thing}",
      ),
      beat(
        "One small sign",
        "One small sign is enough. {hero} {v:rise} again, because {theme} is not a feeling but a thing you do.",
        "{hero} rising {at_place}, first light on the horizon",
      ),
      beat(
        "At last",
        "In the stillness {hero} {v:understand} at last: {other} never stood in the way. Only the fear of it did.",
        "{hero} looking up {at_place}, a sudden calm",
      ),
    ],
    climax: [
      beat(
        "No way round",
        "Now there is no way round. With everyone watching {at_place}, {hero} {action}, and the whole world holds its breath.",
        "{hero} at the decisive moment {at_place}, a crowd holding its breath",
      ),
      beat(
        "Three heartbeats",
        "{hero} {v:step} forward, alone, into the {weather}. Three heartbeats, one choice, and then nothing but {other}.",
        "{hero} stepping forward into the {weather}, {other} ahead",
      ),
      beat(
        "It holds",
        "It takes {friend}, it takes {thing}, and it takes every bit of {theme} that {hero} {v:have} left. And it holds.",
        "{hero} and {friend} holding fast together {at_place}, {thing} between them",
      ),
    ],
    ending: [
      beat(
        "The way home",
        "At {time} the {weather} lifts. {hero} and {friend} walk home slowly, and neither of them needs to say a word.",
        "{hero} and {friend} walking home {at_place}, seen from behind",
      ),
      beat(
        "The spot",
        "Long afterwards, people {at_place} still point to the spot and say: that is where {hero} learned what {theme} means.",
        "children pointing at a small memorial {at_place}, {hero} smiling from afar",
      ),
      beat(
        "What stays",
        "And {other}? Look closely, {at_place}, at {time}. Some things stay with {hero} for good, and this is one.",
        "a quiet last view {at_place} at {time}, {hero} looking towards us",
      ),
      beat(
        "Where it began",
        "The road ends where it began, {at_place}. Only {hero} {v:be} different now, and that makes all the difference.",
        "{hero} back {at_place}, the same view as at the start in a warmer light",
      ),
    ],
  },
  titles: [
    "{hero} and {other}",
    "What {hero} knew",
    "The {theme} of {hero}",
    "{hero}, at {title_time}",
    "Beyond {other}",
    "The day of {other}",
  ],
  loglines: [
    "{premise_sentence} A film about {theme}, told in {count} scenes.",
    "{premise_sentence} With {friend} at their side, {hero} {v:find} {theme} where nobody looked for it.",
    "{premise_sentence} A quiet adventure in {count} scenes, from the first doubt to {theme}.",
  ],
  replies: [
    "I would open on {hero} and keep {other} out of sight until the third scene. Shall I write it that way?",
    "This works best as a story of {theme}. I suggest {count} scenes, with {friend} as the counterweight to {hero}.",
    "Good idea. The strongest image is {hero} facing {other}, so let us build up to that.",
  ],
  names: [
    ...["Mara", "Tomas", "Ines", "Jonah", "Wren", "Oskar", "Lina", "Amadou", "Saoirse", "Mateo"],
    ...["Hana", "Elias", "Noor", "Felix", "Yara", "Anton", "Sunniva", "Kofi", "Thea", "Milo"],
  ],
  leadRole: "{lead_role}",
  leadLook: "{name}, {lead_is}, {detail}; moves carefully and misses nothing",
  roles: ["the loyal friend", "the rival", "the stranger", "the mentor", "the neighbour"],
  looks: [
    "{name}, {detail}, quick to laugh and slow to forget",
    "{name}, {detail}, always a step behind and a thought ahead",
    "{name}, {detail}, speaks little and means all of it",
  ],
  details: [
    "grey eyes and a patched blue coat",
    "silver hair under a wide straw hat",
    "freckles and a red knitted scarf",
    "round glasses and ink on every finger",
    "a long green cloak and muddy boots",
    "a crooked smile and a coat with too many pockets",
    "a yellow raincoat and a small brass earring",
  ],
  places: [
    "by the old harbour",
    "at the edge of the pine forest",
    "in a town of crooked roofs",
    "on the high salt plain",
    "in the valley below the dam",
    "on the last street before the sea",
    "in a garden gone wild",
    "behind the railway yard",
    "on the island market",
    "under the long stone bridge",
    "in a village below the cliffs",
    "on the quiet side of the river",
  ],
  times: ["dawn", "dusk", "midnight", "noon", "nightfall", "sunrise", "first light"],
  laters: ["The next day.", "A week later.", "Much further on.", "One winter later."],
  weathers: ["rain", "fog", "wind", "snow", "thunder", "mist"],
  things: [
    "a brass compass",
    "a letter without a name",
    "a lantern that never goes out",
    "a torn map",
    "a silver whistle",
    "a jar of seeds",
    "a broken music box",
    "a red kite",
    "a key too small for any door",
    "a book of blank pages",
    "a paper boat",
    "a clock without hands",
  ],
  themes: ["courage", "trust", "patience", "forgiveness", "hope", "curiosity", "friendship"],
  styles: [
    "soft watercolour look",
    "cinematic realism with fine film grain",
    "warm hand-painted animation style",
    "muted colours and deep shadows",
    "bright storybook colours",
  ],
  lights: ["golden light", "cool blue light", "soft morning haze", "lamplight", "silver moonlight"],
  cameras: [
    "slow push in",
    "wide establishing shot",
    "gentle tracking shot",
    "low angle",
    "close-up",
    "slow pan from left to right",
  ],
  moods: ["hopeful", "tense", "tender", "playful", "solemn", "wondering"],
  visualTail: ", {light}, {camera}, {style}",
  known: (thing) => thing.replace(/^an? /, "the "),
  readSubject,
  fill(template, words) {
    const conjugated = template.replace(
      /\{v:(\w+)\}/g,
      (_, verb: string) => conjugate(verb, words["plural"] === "yes"),
    );
    return fillSlots(conjugated, words);
  },
  finish: finishSentence,
  fitNarration: fitWords,
  countWords: countSpacedWords,
};

function readSubject(premise: string, chooser: Chooser): StorySubject {
  // Words of another script can be shown, not spoken: then the hero is invented.
  const idea = /\p{Script=Latin}/u.test(premise) ? premise : "";
  const { hero, other, place, action } = findPhrases(idea, GRAMMAR);
  const fallback = findPhrases(chooser.pick(HEROES), GRAMMAR).hero;
  const found = hero ?? fallback ?? { determiner: "a", words: ["stranger"], plural: false };
  const last = found.words.at(-1) ?? "";
  const plural = found.plural || (found.determiner === "" && /[^su'’]s$/.test(last));
  const isName = found.determiner === "" && !plural &&
    found.words.every((word) => /^\p{Lu}/u.test(word));
  const words: Record<string, string> = {
    hero: isName ? found.words.join(" ") : definite(found),
    a_hero: isName ? found.words.join(" ") : indefinite(found, plural),
    lead_role: isName ? "the lead" : definite(found),
    lead_is: isName ? "the heart of the story" : indefinite(found, plural),
    plural: plural ? "yes" : "",
    title_time: chooser.pick(["dawn", "dusk", "midnight", "the end of the world"]),
    premise_sentence: premise === "" ? "Nobody saw it coming." : finishSentence(premise),
    ...(isName ? { name: found.words.join(" ") } : {}),
    ...(other === null ? {} : { other: definite(other) }),
    ...(place === null ? {} : { at_place: place }),
    ...(action === null || plural ? {} : { action }),
  };
  return {
    words,
    allows: (one) => "action" in words || !one.narration.includes("{action}"),
  };
}

function definite(phrase: NounPhrase): string {
  const { determiner } = phrase;
  const kept = /^(?:|an?|some|many|several|one)$/.test(determiner)
    ? "the"
    : /^(?:two|three|four|five|six|seven)$/.test(determiner)
    ? `the ${determiner}`
    : determiner;
  return [kept, ...phrase.words.map(lowerFirst)].join(" ");
}

function indefinite(phrase: NounPhrase, plural: boolean): string {
  const words = phrase.words.map(lowerFirst).join(" ");
  if (phrase.determiner !== "") return `${phrase.determiner} ${words}`;
  return plural ? words : `${/^[aeiou]/i.test(words) ? "an" : "a"} ${words}`;
}

/** "Two Dogs" to "two dogs", but "NASA" and names after the first word stay. */
function lowerFirst(word: string, index: number): string {
  return index === 0 && /^\p{Lu}\p{Ll}+$/u.test(word) ? word.toLowerCase() : word;
}

function conjugate(verb: string, plural: boolean): string {
  if (verb === "be") return plural ? "are" : "is";
  if (plural) return verb;
  if (verb === "have") return "has";
  if (/(?:s|sh|ch|x|o)$/.test(verb)) return `${verb}es`;
  return /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`;
}
