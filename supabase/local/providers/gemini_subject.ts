/**
 * Finds hero, counterpart, place and action in a one-line idea, by articles, prepositions and endings.
 * No parser: good enough for the sentences people type, and never worse than quoting them.
 *
 * @module
 */

/** What the search needs to know of a language. All words in lower case. */
export interface PhraseGrammar {
  /** Articles, possessives, small numbers: begin a noun phrase. */
  readonly determiners: ReadonlySet<string>;
  /** Determiners after which a plural follows. */
  readonly plurals: ReadonlySet<string>;
  /** Conjunctions, prepositions, relatives, auxiliaries: end a noun phrase. */
  readonly stops: ReadonlySet<string>;
  /** Prepositions that say where. */
  readonly wheres: ReadonlySet<string>;
  /** Relatives: what follows them is what the hero does. */
  readonly relatives: ReadonlySet<string>;
  /** How a word may end that is a verb when a determiner or preposition follows. */
  readonly verbEnding: RegExp;
  /** How a word ends that is a verb after a singular noun, whatever follows. */
  readonly sureVerbEnding: RegExp;
}

/** A noun phrase. */
export interface NounPhrase {
  /** Its determiner in lower case; empty when there is none. */
  readonly determiner: string;
  /** Its other words, as written. */
  readonly words: readonly string[];
  /** True when its determiner is for more than one. */
  readonly plural: boolean;
}

/** What was found. */
export interface Phrases {
  /** The first noun phrase. */
  readonly hero: NounPhrase | null;
  /** The next one that has a determiner and says no place. */
  readonly other: NounPhrase | null;
  /** Preposition and noun phrase, as written. */
  readonly place: string | null;
  /** The verb and what follows it, as written. */
  readonly action: string | null;
}

interface Token {
  readonly word: string;
  readonly lower: string;
  /** True when a comma, stop or dash follows. */
  readonly closes: boolean;
}

const MAX_NOUN_WORDS = 4;
const MAX_ACTION_WORDS = 10;

/** Reads one line. */
export function findPhrases(line: string, grammar: PhraseGrammar): Phrases {
  const tokens = [...line.matchAll(/([\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’-]*)([^\p{L}\p{N}]*)/gu)]
    .slice(0, 60)
    .map(([, word = "", after = ""]): Token => ({
      word,
      lower: word.toLowerCase(),
      closes: /[,.;:!?–—]/.test(after),
    }));
  let hero: NounPhrase | null = null;
  let other: NounPhrase | null = null;
  let place: string | null = null;
  let action: string | null = null;
  for (let at = 0; at < tokens.length;) {
    const found = nounPhrase(tokens, at, grammar);
    if (found === null) {
      at++;
      continue;
    }
    const before = tokens[at - 1];
    if (hero === null) {
      hero = found.phrase;
      action = actionAfter(tokens, found.end, grammar);
    } else if (before !== undefined && grammar.wheres.has(before.lower) && !before.closes) {
      place ??= tokens.slice(at - 1, found.end).map((token) => token.word).join(" ");
    } else if (found.phrase.determiner !== "") {
      other ??= found.phrase;
    }
    at = found.end;
  }
  return { hero, other, place, action };
}

function nounPhrase(
  tokens: readonly Token[],
  from: number,
  grammar: PhraseGrammar,
): { readonly phrase: NounPhrase; readonly end: number } | null {
  const first = tokens[from];
  const determiner = first !== undefined && grammar.determiners.has(first.lower) ? first.lower : "";
  const plural = grammar.plurals.has(determiner);
  const words: string[] = [];
  let at = from + (determiner === "" ? 0 : 1);
  for (; words.length < MAX_NOUN_WORDS; at++) {
    const token = tokens[at];
    if (token === undefined || isFunctionWord(token, grammar)) break;
    if (words.length > 0 && isVerb(token, tokens[at + 1], words, plural, grammar)) break;
    words.push(token.word);
    if (token.closes) {
      at++;
      break;
    }
  }
  if (words.length === 0) return null;
  return { phrase: { determiner, words, plural }, end: at };
}

function isFunctionWord(token: Token, grammar: PhraseGrammar): boolean {
  return grammar.stops.has(token.lower) || grammar.determiners.has(token.lower);
}

function isVerb(
  token: Token,
  next: Token | undefined,
  before: readonly string[],
  afterPlural: boolean,
  grammar: PhraseGrammar,
): boolean {
  if (!afterPlural && grammar.sureVerbEnding.test(token.lower)) return true;
  // "volcanoes work", "two friends build": a plural noun ends its phrase.
  if (grammar.sureVerbEnding.test(before.at(-1)?.toLowerCase() ?? "")) return true;
  if (next === undefined || token.closes) return false;
  if (grammar.determiners.has(next.lower)) return true;
  return !afterPlural && grammar.verbEnding.test(token.lower) && grammar.stops.has(next.lower);
}

/** What the hero does, when the words after it begin with a verb. */
function actionAfter(
  tokens: readonly Token[],
  from: number,
  grammar: PhraseGrammar,
): string | null {
  if (tokens[from - 1]?.closes) return null;
  const start = grammar.relatives.has(tokens[from]?.lower ?? "") ? from + 1 : from;
  const verb = tokens[start];
  if (verb === undefined || !grammar.sureVerbEnding.test(verb.lower)) return null;
  const rest = tokens.slice(start, start + MAX_ACTION_WORDS);
  const close = rest.findIndex((token) => token.closes);
  const clause = close < 0 ? rest : rest.slice(0, close + 1);
  // A cut must not leave "walks to the" behind.
  const last = clause.findLastIndex((token) => !isFunctionWord(token, grammar));
  return last < 1 ? null : clause.slice(0, last + 1).map((token) => token.word).join(" ");
}
