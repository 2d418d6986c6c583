/**
 * What Spanish, French and German stories share: the subject is taken from the prompt when the prompt is
 * in the language, found in a small dictionary when it is English, and invented otherwise.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";
import { finishSentence, type StoryLanguage, type StorySubject } from "./gemini_story_book.ts";
import { translateHero } from "./gemini_story_lexicon.ts";
import { findPhrases, type NounPhrase, type PhraseGrammar } from "./gemini_subject.ts";

/** What differs between the languages. */
export interface RomanceSubject {
  /** Which language. */
  readonly language: StoryLanguage;
  /** How its noun phrases are found. */
  readonly grammar: PhraseGrammar;
  /** Heroes for prompts that name none, with article. */
  readonly heroes: readonly string[];
  /** A premise for prompts without one. */
  readonly opening: string;
  /** The form of a noun phrase once it is known. */
  readonly definite: (determiner: string, words: string) => string;
}

/** Makes a reader of subjects. */
export function romanceSubject(
  language: RomanceSubject,
): (premise: string, chooser: Chooser) => StorySubject {
  const { grammar, definite } = language;
  const phrasesOf = (text: string) => findPhrases(text, grammar);
  const known = (phrase: NounPhrase | null) =>
    phrase !== null && phrase.determiner !== "" ? phrase : null;

  return (premise, chooser) => {
    const found = phrasesOf(premise);
    const invented = translateHero(premise, language.language) ?? chooser.pick(language.heroes);
    const hero = known(found.hero) ?? phrasesOf(invented).hero;
    const [determiner, ...nouns] = hero === null
      ? invented.split(" ")
      : [hero.determiner, ...hero.words];
    const other = known(found.other);
    return {
      words: {
        a_hero: [determiner, ...nouns].join(" "),
        hero: definite(determiner ?? "", nouns.join(" ")),
        premise_sentence: premise === "" ? language.opening : finishSentence(premise),
        ...(other === null ? {} : { other: `${other.determiner} ${other.words.join(" ")}` }),
      },
      allows: () => true,
    };
  };
}
