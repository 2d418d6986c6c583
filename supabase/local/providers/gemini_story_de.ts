/**
 * German stories. Mostly a table of sentences, made so that every slot stands in the nominative.
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
  determiners: set(
    "ein eine der die das zwei drei vier sein seine ihr ihre mein meine dieser diese",
  ),
  plurals: set("zwei drei vier"),
  stops: set(
    "und oder aber der das wo wenn während in im an am auf mit von vom zu zum zur bei durch über unter " +
      "nach für ohne sich ist sind hat haben nicht wie einen einem einer den dem des",
  ),
  wheres: set("in im an am auf bei unter"),
  relatives: new Set<string>(),
  verbEnding: /(?:t|en|te)$/,
  sureVerbEnding: /(?!)/,
};

const beat = (title: string, narration: string, visual: string): Beat => ({
  title,
  narration,
  visual,
});

const KNOWN: Readonly<Record<string, string>> = { ein: "unser", eine: "unsere" };

/** Stories in German. */
export const GERMAN_STORIES: StoryBook = {
  language: "de",
  beats: {
    opening: [
      beat(
        "Der Anfang",
        "{time} {at_place}: {a_hero} erwacht an einem Tag, der anders ist als alle. Im Kopf ist nur ein Gedanke: {other}.",
        "{a_hero} erwacht {at_place}",
      ),
      beat(
        "Etwas Kleines",
        "Jede Geschichte beginnt mit etwas Kleinem. Diese beginnt {at_place}, und am Anfang steht {a_hero} mit einem Traum.",
        "Totale {at_place}, {a_hero} weit entfernt",
      ),
      beat(
        "Niemand ahnt es",
        "Niemand {at_place} achtet darauf, dass {a_hero} vorübergeht, und niemand ahnt, was gleich geschehen wird.",
        "{a_hero} geht unbemerkt vorüber, {at_place}",
      ),
    ],
    wish: [
      beat(
        "Der Aufbruch",
        "Auf dem Tisch liegt {thing}. {hero} atmet tief ein, schließt die Tür und beschließt: Heute endet das Warten.",
        "Auf einem Tisch liegt {thing}, dahinter steht {hero}",
      ),
      beat(
        "Zu zweit",
        "Nicht ohne mich, sagt {friend}. Und schon ist {hero} auf dem langen Weg nicht mehr ganz allein.",
        "{hero} und {friend} brechen auf, {at_place}",
      ),
    ],
    trial: [
      beat(
        "Die Probe",
        "Ohne Warnung kommt {weather}. {hero} und {friend} finden Schutz {at_place} und zählen die Sekunden, bis es vorbei ist.",
        "{hero} und {friend} suchen Schutz {at_place}",
      ),
      beat(
        "Die Karte",
        "Die Karte ist falsch. {hero} dreht sie zweimal um, lacht und nimmt den Weg, den niemand je gezeichnet hat.",
        "{hero} hält eine alte Karte an einer Weggabelung",
      ),
      beat(
        "Die Hand",
        "{friend} stolpert und fällt. Jeder andere ginge weiter, doch {hero} bleibt stehen, kehrt um und hilft.",
        "{hero} hilft, {friend} liegt auf einem steinigen Pfad",
      ),
      beat(
        "Der Fund",
        "Versteckt {at_place} wartet ein Geheimnis: {thing}. Es ist älter als sie beide und scheint sie doch zu kennen.",
        "{thing}, halb vergraben, {at_place}",
      ),
      beat(
        "Die Stille",
        "Einen ganzen Tag lang geschieht nichts. {hero} und {friend} ruhen {at_place} und hören, wie laut die Stille ist.",
        "{hero} und {friend} ruhen {at_place}",
      ),
      beat(
        "Die Brücke",
        "Die Brücke ist fort. Mit Seil und viel Geduld baut {hero} eine neue, Brett für Brett, bevor die Nacht kommt.",
        "{hero} knüpft Seile über einer Schlucht",
      ),
    ],
    setback: [
      beat(
        "Der Sturz",
        "Dann geht alles auf einmal schief. Das Licht erlischt, {friend} ist verschwunden, und {hero} weiß nicht weiter.",
        "{hero} im Dunkeln, {at_place}",
      ),
      beat(
        "Die Müdigkeit",
        "Es sollte nie leicht werden, aber niemand sagte, dass es so weh tut. {hero} senkt den Blick und schweigt.",
        "{hero} schweigt, Nahaufnahme",
      ),
    ],
    turn: [
      beat(
        "Die Rückkehr",
        "Doch dann tritt {friend} ganz leise aus dem Nebel, mit einem Lächeln, und in der Hand ist {thing}.",
        "{friend} tritt aus dem Nebel",
      ),
      beat(
        "Das Zeichen",
        "Ein kleines Zeichen genügt. {hero} steht wieder auf, denn {theme} ist kein Gefühl, sondern etwas, das man tut.",
        "{hero} steht auf, erstes Licht am Horizont",
      ),
    ],
    climax: [
      beat(
        "Der Augenblick",
        "{hero} tritt vor. Drei Herzschläge, eine einzige Entscheidung, und danach ist da nichts mehr als Mut.",
        "{hero} tritt allein nach vorn",
      ),
      beat(
        "Gemeinsam",
        "Es braucht Kraft, es braucht Vertrauen, und was jetzt hilft, ist {thing}. {hero} und {friend} halten stand.",
        "{hero} und {friend} halten stand, {at_place}",
      ),
    ],
    ending: [
      beat(
        "Nach Hause",
        "{time} wird es endlich still. {hero} und {friend} gehen langsam nach Hause, und keiner muss ein Wort sagen.",
        "{hero} und {friend} von hinten auf dem Heimweg",
      ),
      beat(
        "Die Stelle",
        "Noch lange danach zeigt man {at_place} auf die Stelle, an der {hero} verstanden hat, was {theme} bedeutet.",
        "Kinder zeigen auf eine Stelle {at_place}",
      ),
      beat(
        "Was bleibt",
        "Der Weg endet, wo er begann, {at_place}. Nur {hero} sieht nun alles mit anderen Augen, und das ändert alles.",
        "{hero} wieder {at_place}, in wärmerem Licht",
      ),
    ],
  },
  titles: ["{hero}: {theme}", "Was {hero} wusste", "Der Tag mit {friend}", "{hero} {title_place}"],
  loglines: [
    "{premise_sentence} Ein Film in {count} Szenen. Sein Thema: {theme}.",
    "{premise_sentence} Gemeinsam mit {friend} findet {hero}, was niemand gesucht hat: {theme}.",
  ],
  replies: [
    "Ich würde mit {hero} beginnen, {title_place}, in {count} Szenen. Soll ich es so schreiben?",
  ],
  names: [
    "Greta",
    "Emil",
    "Johanna",
    "Anton",
    "Frieda",
    "Karl",
    "Lotte",
    "Matthis",
    "Ida",
    "Jonas",
  ],
  leadRole: "{hero}",
  leadLook: "{name}, {a_hero}, {detail}",
  roles: ["treue Begleitung", "Rivale", "Lehrmeisterin", "Nachbar"],
  looks: ["{name}, {detail}, lacht gern", "{name}, {detail}, sagt wenig und meint alles"],
  details: [
    "blauer, geflickter Mantel",
    "runde Brille und Tinte an den Fingern",
    "roter Strickschal",
    "breiter Strohhut",
  ],
  places: [
    "am alten Hafen",
    "in einem Dorf mit schiefen Dächern",
    "in der letzten Straße vor dem Meer",
    "in einem verwilderten Garten",
    "am Rand des Kiefernwaldes",
    "unter der langen Steinbrücke",
    "auf der stillen Seite des Flusses",
    "auf dem Markt der Insel",
  ],
  laters: ["Am nächsten Tag.", "Eine Woche später.", "Viel weiter fort.", "Einen Winter später."],
  times: ["im Morgengrauen", "in der Dämmerung", "um Mitternacht", "am Mittag"],
  weathers: ["der Regen", "der Nebel", "der Wind", "der Schnee", "das Gewitter"],
  things: [
    "ein Kompass aus Messing",
    "ein Brief ohne Namen",
    "eine Laterne, die nie erlischt",
    "eine silberne Pfeife",
    "eine zerbrochene Spieluhr",
    "ein roter Drachen",
    "ein Boot aus Papier",
    "eine Uhr ohne Zeiger",
  ],
  themes: ["Mut", "Vertrauen", "Geduld", "Hoffnung", "Freundschaft"],
  styles: ["sanftes Aquarell", "filmischer Realismus", "von Hand gemalte Animation"],
  lights: ["goldenes Licht", "kühles blaues Licht", "Morgendunst", "Mondlicht"],
  cameras: ["langsame Fahrt heran", "Totale", "Nahaufnahme", "ruhige Kamerafahrt"],
  moods: ["hoffnungsvoll", "gespannt", "zärtlich", "staunend"],
  visualTail: ", {light}, {camera}, {style}",
  known: (thing) => thing,
  readSubject: romanceSubject({
    language: "de",
    grammar: GRAMMAR,
    heroes: [
      "eine junge Kartenzeichnerin",
      "ein stiller Straßenmusiker",
      "ein Kind mit einem Boot",
    ],
    opening: "Niemand hat es kommen sehen.",
    // "Unser" is declined like "ein", so the adjectives need no change: ein kleiner, unser kleiner.
    definite: (determiner, words) => `${KNOWN[determiner] ?? determiner} ${words}`,
  }),
  fill: fillSlots,
  finish: finishSentence,
  fitNarration: fitWords,
  countWords: countSpacedWords,
};
