/**
 * French stories. Mostly a table of sentences.
 *
 * @module
 */
import {
  type Beat,
  countSpacedWords,
  fillSlots,
  finishSentence,
  fitWords,
  type StoryBook,
} from "./gemini_story_book.ts";
import { romanceSubject } from "./gemini_story_romance.ts";
import type { PhraseGrammar } from "./gemini_subject.ts";

const set = (words: string) => new Set(words.split(" "));

const GRAMMAR: PhraseGrammar = {
  determiners: set("un une le la les des deux trois quatre son sa ses mon ma mes ce cette"),
  plurals: set("les des deux trois quatre ses mes"),
  stops: set(
    "et ou mais qui que où quand pendant dans sur sous avec de du au aux à en par pour vers chez sans " +
      "entre se est sont a ont ne pas comme",
  ),
  wheres: set("dans sur sous vers chez entre"),
  relatives: set("qui que"),
  verbEnding: /(?:e|t|d|ent|it)$/,
  sureVerbEnding: /(?!)/,
};

const beat = (title: string, narration: string, visual: string): Beat => ({
  title,
  narration,
  visual,
});

const DEFINITE: Readonly<Record<string, string>> = { un: "le", une: "la", des: "les" };

/** Stories in French. */
export const FRENCH_STORIES: StoryBook = {
  language: "fr",
  beats: {
    opening: [
      beat(
        "Le commencement",
        "{time}, {at_place}, {a_hero} se réveille dans un jour pas comme les autres. Une seule pensée demeure : {other}.",
        "{a_hero} se réveille {at_place}",
      ),
      beat(
        "Presque rien",
        "Toutes les histoires commencent par presque rien. Celle-ci commence {at_place}, avec {a_hero} et un rêve tout simple : {other}.",
        "plan large {at_place}, {a_hero} au loin",
      ),
      beat(
        "Personne ne sait",
        "Personne {at_place} ne remarque {a_hero}, et personne ne devine encore ce qui est sur le point d'arriver.",
        "{a_hero} marche parmi la foule {at_place}",
      ),
    ],
    wish: [
      beat(
        "Le départ",
        "Sur la table attend {thing}. {hero} respire, ferme la porte et décide que l'attente finit aujourd'hui.",
        "{thing} sur une table, {hero} au fond",
      ),
      beat(
        "À deux",
        "Pas sans moi, dit {friend}. Et voilà que, d'un seul coup, {hero} ne marche plus tout à fait seul.",
        "{hero} et {friend} partent ensemble {at_place}",
      ),
    ],
    trial: [
      beat(
        "L'épreuve",
        "Voici {weather}, sans prévenir. {hero} s'abrite avec {friend} {at_place} et compte les secondes jusqu'au calme.",
        "{hero} et {friend} s'abritent {at_place}",
      ),
      beat(
        "La carte",
        "La carte est fausse. {hero} la retourne deux fois, sourit, puis choisit le chemin que personne n'a jamais dessiné.",
        "{hero} tient une vieille carte à un carrefour",
      ),
      beat(
        "La main",
        "{friend} trébuche et tombe. N'importe qui continuerait, mais {hero} s'arrête, revient sur ses pas et tend la main.",
        "{hero} aide {friend} sur un sentier de pierres",
      ),
      beat(
        "La trouvaille",
        "Caché {at_place}, un secret attendait : {thing}. Plus vieux qu'eux deux, il semble pourtant les avoir toujours connus.",
        "{thing} à moitié enfoui {at_place}",
      ),
      beat(
        "Le silence",
        "Pendant un jour entier, il ne se passe rien. {hero} et {friend} se reposent {at_place} et écoutent le silence.",
        "{hero} et {friend} se reposent {at_place}",
      ),
      beat(
        "Le pont",
        "Le pont n'existe plus. Avec de la corde et de la patience, {hero} en construit un autre, planche après planche.",
        "{hero} noue des cordes au-dessus d'un ravin",
      ),
    ],
    setback: [
      beat(
        "La chute",
        "Alors tout va mal en même temps. La lumière s'éteint, {friend} a disparu, et {hero} n'a plus de réponse.",
        "{hero} dans le noir {at_place}",
      ),
      beat(
        "La fatigue",
        "On n'avait jamais dit que ce serait facile, ni que cela ferait si mal. {hero} baisse les yeux et se tait.",
        "le visage de {hero}, en silence",
      ),
    ],
    turn: [
      beat(
        "Le retour",
        "Mais voici que {friend} revient doucement dans la brume, avec {thing} et un sourire qui change absolument tout.",
        "{friend} sort de la brume avec {thing}",
      ),
      beat(
        "Le signe",
        "Un petit signe suffit. {hero} se relève encore une fois, car {theme} n'est pas un sentiment : c'est un geste.",
        "{hero} se relève, première lueur à l'horizon",
      ),
    ],
    climax: [
      beat(
        "L'instant",
        "{hero} fait un pas en avant. Trois battements de cœur, un seul choix, et puis plus rien que le courage.",
        "{hero} avance vers {weather}",
      ),
      beat(
        "Ensemble",
        "Il faut {friend}, il faut {thing}, et il faut tout le courage qui reste à {hero}. Et cela tient bon.",
        "{hero} et {friend} tiennent bon {at_place}",
      ),
    ],
    ending: [
      beat(
        "La maison",
        "{time}, enfin, le calme revient. {hero} et {friend} rentrent lentement à la maison, sans avoir besoin de parler.",
        "{hero} et {friend} de dos, sur le chemin du retour",
      ),
      beat(
        "L'endroit",
        "Longtemps après, {at_place}, on montre encore du doigt l'endroit où {hero} a compris ce que signifie {theme}.",
        "des enfants montrent un endroit {at_place}",
      ),
      beat(
        "Ce qui reste",
        "Le chemin finit là où il a commencé, {at_place}. Seulement {hero} n'est plus le même, et cela change tout.",
        "{hero} de nouveau {at_place}, dans une lumière plus chaude",
      ),
    ],
  },
  titles: [
    "{hero} et {theme}",
    "Ce que savait {hero}",
    "Le jour de {friend}",
    "{hero}, {title_place}",
  ],
  loglines: [
    "{premise_sentence} Un film sur {theme} en {count} scènes.",
    "{premise_sentence} Avec {friend}, {hero} trouve {theme} là où personne ne cherchait.",
  ],
  replies: ["Je commencerais avec {hero} {title_place}, en {count} scènes. Je l'écris ainsi ?"],
  names: [
    "Camille",
    "Lucien",
    "Margot",
    "Théo",
    "Élise",
    "Hugo",
    "Inès",
    "Bastien",
    "Nora",
    "Jules",
  ],
  leadRole: "{hero}",
  leadLook: "{name}, {a_hero}, {detail}",
  roles: ["l'ami fidèle", "le rival", "le guide", "le voisin"],
  looks: ["{name}, {detail}, rit facilement", "{name}, {detail}, parle peu mais juste"],
  details: [
    "manteau bleu rapiécé",
    "lunettes rondes et doigts tachés d'encre",
    "écharpe rouge tricotée",
    "chapeau de paille",
  ],
  places: [
    "près du vieux port",
    "dans un village aux toits tordus",
    "dans la dernière rue avant la mer",
    "dans un jardin abandonné",
    "au bord de la forêt de pins",
    "sous le long pont de pierre",
    "du côté calme de la rivière",
    "sur le marché de l'île",
  ],
  laters: ["Le lendemain.", "Une semaine plus tard.", "Bien plus loin.", "Un hiver plus tard."],
  times: ["à l'aube", "au crépuscule", "à minuit", "à midi"],
  weathers: ["la pluie", "le brouillard", "le vent", "la neige", "l'orage"],
  things: [
    "une boussole de laiton",
    "une lettre sans nom",
    "une lanterne qui ne s'éteint jamais",
    "un sifflet d'argent",
    "une boîte à musique cassée",
    "un cerf-volant rouge",
    "un bateau de papier",
    "une horloge sans aiguilles",
  ],
  themes: ["le courage", "la confiance", "la patience", "l'espoir", "l'amitié"],
  styles: ["aquarelle douce", "réalisme de cinéma", "animation peinte à la main"],
  lights: ["lumière dorée", "lumière bleue et froide", "brume du matin", "clair de lune"],
  cameras: ["lent travelling avant", "plan large", "gros plan", "travelling latéral"],
  moods: ["espoir", "tension", "tendresse", "émerveillement"],
  visualTail: ", {light}, {camera}, {style}",
  known: (thing) => thing.replace(/^une /, "la ").replace(/^un /, "le "),
  readSubject: romanceSubject({
    language: "fr",
    grammar: GRAMMAR,
    heroes: ["une jeune cartographe", "un musicien de rue", "une fille au bateau emprunté"],
    opening: "Personne ne l'avait vu venir.",
    definite(determiner, words) {
      const article = DEFINITE[determiner] ?? determiner;
      return /^(?:le|la)$/.test(article) && /^[aeiouyéèêàâîôûh]/i.test(words)
        ? `l'${words}`
        : `${article} ${words}`;
    },
  }),
  fill: fillSlots,
  // French sets a space before the colon and the question mark.
  finish: (text) =>
    finishSentence(text)
      .replace(/(?<!\p{L})à le(?!\p{L})/gu, "au")
      .replace(/(?<!\p{L})de le(?!\p{L})/gu, "du")
      .replace(/(\p{L})([:?])/gu, "$1 $2"),
  fitNarration: fitWords,
  countWords: countSpacedWords,
};
