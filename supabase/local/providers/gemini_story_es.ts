/**
 * Spanish stories. Mostly a table of sentences.
 *
 * @module
 */
import { romanceSubject } from "./gemini_story_romance.ts";
import {
  type Beat,
  countSpacedWords,
  fillSlots,
  finishSentence,
  fitWords,
  type StoryBook,
} from "./gemini_story_book.ts";
import type { PhraseGrammar } from "./gemini_subject.ts";

const set = (words: string) => new Set(words.split(" "));

const GRAMMAR: PhraseGrammar = {
  determiners: set("un una el la los las unos unas dos tres cuatro su sus mi mis este esta"),
  plurals: set("los las unos unas dos tres cuatro sus mis"),
  stops: set(
    "y o pero que quien donde cuando mientras en con de del al a por para sobre bajo entre desde hasta " +
      "sin se es son está están le lo no como",
  ),
  wheres: set("en sobre bajo entre"),
  relatives: set("que quien"),
  verbEnding: /(?:a|e|an|en|ó)$/,
  sureVerbEnding: /(?!)/,
};

const beat = (title: string, narration: string, visual: string): Beat => ({
  title,
  narration,
  visual,
});

/** Stories in Spanish. */
export const SPANISH_STORIES: StoryBook = {
  language: "es",
  beats: {
    opening: [
      beat(
        "El comienzo",
        "{time}, {at_place}, {a_hero} despierta en un día distinto a todos. En su cabeza hay una sola cosa: {other}.",
        "{a_hero} despierta {at_place}",
      ),
      beat(
        "Algo pequeño",
        "Todas las historias empiezan con algo pequeño. Esta empieza {at_place}, con {a_hero} y un sueño sencillo: {other}.",
        "plano general {at_place}, {a_hero} muy lejos",
      ),
      beat(
        "Nadie lo sabe",
        "Nadie {at_place} se fija en {a_hero}, y nadie imagina todavía lo que está a punto de suceder.",
        "{a_hero} camina entre la gente {at_place}",
      ),
    ],
    wish: [
      beat(
        "La decisión",
        "Sobre la mesa espera {thing}. {hero} respira hondo, cierra la puerta y decide que hoy termina la espera.",
        "{thing} sobre una mesa, {hero} al fondo",
      ),
      beat(
        "Compañía",
        "No te vas sin mí, dice {friend}. Y así, de repente, {hero} ya no tiene que caminar a solas.",
        "{hero} y {friend} salen juntos {at_place}",
      ),
    ],
    trial: [
      beat(
        "La prueba",
        "Llega {weather} sin avisar. {hero} busca refugio con {friend} {at_place} y cuenta los segundos hasta que todo pasa.",
        "{hero} y {friend} se refugian {at_place}",
      ),
      beat(
        "El mapa",
        "El mapa está equivocado. {hero} lo mira dos veces, sonríe y elige el camino que nadie ha dibujado nunca.",
        "{hero} con un mapa viejo en un cruce",
      ),
      beat(
        "La mano",
        "{friend} tropieza y cae. Cualquiera seguiría andando, pero {hero} se detiene, vuelve atrás y le tiende la mano.",
        "{hero} ayuda a {friend} en un sendero de piedras",
      ),
      beat(
        "El hallazgo",
        "Escondido {at_place} aparece un secreto: {thing}. Es más viejo que los dos, y parece que los estaba esperando.",
        "{thing} medio enterrado {at_place}",
      ),
      beat(
        "El silencio",
        "Durante un día entero no pasa nada. {hero} y {friend} descansan {at_place} y escuchan lo fuerte que suena el silencio.",
        "{hero} y {friend} descansan {at_place}",
      ),
      beat(
        "El puente",
        "El puente ya no existe. Con cuerda y mucha paciencia, {hero} construye otro, tabla por tabla, antes de que anochezca.",
        "{hero} ata cuerdas sobre un barranco",
      ),
    ],
    setback: [
      beat(
        "La caída",
        "Entonces todo sale mal a la vez. Se apaga la luz, {friend} no está, y {hero} se queda sin respuestas.",
        "{hero} a oscuras {at_place}",
      ),
      beat(
        "El cansancio",
        "Nadie dijo que sería fácil, pero tampoco que dolería tanto. {hero} baja la mirada y no dice nada.",
        "el rostro de {hero} en silencio",
      ),
    ],
    turn: [
      beat(
        "El regreso",
        "Pero entonces, muy despacio, {friend} vuelve entre la niebla. Trae {thing}, y una sonrisa que lo cambia todo.",
        "{friend} aparece entre la niebla con {thing}",
      ),
      beat(
        "La señal",
        "Basta una señal pequeña. {hero} se levanta otra vez, porque {theme} no se siente: se hace, paso a paso.",
        "{hero} se pone en pie, primera luz en el horizonte",
      ),
    ],
    climax: [
      beat(
        "El momento",
        "{hero} da un paso adelante. Tres latidos, una sola elección, y después ya no queda nada más que valor.",
        "{hero} avanza hacia {weather}",
      ),
      beat(
        "Juntos",
        "Hace falta {friend}, hace falta {thing}, y hace falta todo el valor que {hero} todavía guarda. Y resiste.",
        "{hero} y {friend} resisten juntos {at_place}",
      ),
    ],
    ending: [
      beat(
        "A casa",
        "{time}, por fin, vuelve la calma. {hero} y {friend} regresan despacio a casa, y ninguno necesita decir una palabra.",
        "{hero} y {friend} de espaldas, camino a casa",
      ),
      beat(
        "El lugar",
        "Mucho tiempo después, {at_place}, la gente todavía señala el lugar donde {hero} aprendió lo que significa {theme}.",
        "niños señalan un lugar {at_place}",
      ),
      beat(
        "Lo que queda",
        "El camino termina donde empezó, {at_place}. Solo {hero} ha cambiado, y eso es lo que lo cambia todo.",
        "{hero} de nuevo {at_place}, con una luz más cálida",
      ),
    ],
  },
  titles: [
    "{hero} y {theme}",
    "Lo que sabía {hero}",
    "El día de {friend}",
    "{hero}, {title_place}",
  ],
  loglines: [
    "{premise_sentence} Una película sobre {theme} en {count} escenas.",
    "{premise_sentence} Con la ayuda de {friend}, {hero} encuentra {theme} donde nadie lo buscaba.",
  ],
  replies: ["Empezaría con {hero} {title_place}, en {count} escenas. ¿Lo escribo así?"],
  names: ["Lucía", "Mateo", "Carmen", "Diego", "Elena", "Hugo", "Inés", "Pablo", "Nuria", "Tomás"],
  leadRole: "{hero}",
  leadLook: "{name}, {a_hero}, {detail}",
  roles: ["amistad fiel", "rival", "guía", "vecino"],
  looks: ["{name}, {detail}, ríe con facilidad", "{name}, {detail}, habla poco y en serio"],
  details: [
    "con un abrigo azul remendado",
    "con gafas redondas y tinta en los dedos",
    "con una bufanda roja",
    "con un sombrero de paja",
  ],
  places: [
    "junto al puerto viejo",
    "en un pueblo de tejados torcidos",
    "en la última calle antes del mar",
    "en un jardín abandonado",
    "al borde del bosque de pinos",
    "bajo el largo puente de piedra",
    "en el lado tranquilo del río",
    "en el mercado de la isla",
  ],
  laters: [
    "Al día siguiente.",
    "Una semana después.",
    "Mucho más lejos.",
    "Un invierno más tarde.",
  ],
  times: ["al amanecer", "al anochecer", "a medianoche", "al mediodía"],
  weathers: ["la lluvia", "la niebla", "el viento", "la nieve", "la tormenta"],
  things: [
    "una brújula de latón",
    "una carta sin nombre",
    "un farol que nunca se apaga",
    "un silbato de plata",
    "una caja de música rota",
    "una cometa roja",
    "un barco de papel",
    "un reloj sin agujas",
  ],
  themes: ["el valor", "la confianza", "la paciencia", "la esperanza", "la amistad"],
  styles: ["acuarela suave", "realismo cinematográfico", "animación pintada a mano"],
  lights: ["luz dorada", "luz azul y fría", "bruma de la mañana", "luz de luna"],
  cameras: ["acercamiento lento", "plano general", "primer plano", "travelling suave"],
  moods: ["esperanza", "tensión", "ternura", "asombro"],
  visualTail: ", {light}, {camera}, {style}",
  known: (thing) => thing.replace(/^una /, "la ").replace(/^un /, "el "),
  readSubject: romanceSubject({
    language: "es",
    grammar: GRAMMAR,
    heroes: ["una joven cartógrafa", "un músico callejero", "una niña con un bote prestado"],
    opening: "Nadie lo vio venir.",
    definite: (determiner, words) =>
      `${{ un: "el", una: "la", unos: "los", unas: "las" }[determiner] ?? determiner} ${words}`,
  }),
  fill: fillSlots,
  finish: (text) => finishSentence(text).replace(/\b(a|de) el\b/g, (_, word) => `${word}l`),
  fitNarration: fitWords,
  countWords: countSpacedWords,
};
