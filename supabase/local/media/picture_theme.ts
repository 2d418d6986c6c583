/**
 * Which landscape a prompt gets: its words choose the place and the hour, and those choose the colours
 * and what stands in the picture.
 *
 * @module
 */
import type { Random } from "./picture_random.ts";

/** A place. */
export type Place = "hills" | "sea" | "forest" | "city" | "desert" | "snow" | "space";

/** An hour. */
export type Hour = "dawn" | "day" | "dusk" | "night";

/** Something that stands out against the landscape. */
export type Subject =
  | "boat"
  | "house"
  | "lighthouse"
  | "tree"
  | "balloon"
  | "rocket"
  | "walker"
  | "whale"
  | "robot"
  | "birds"
  | "fox"
  | "cat";

/** Colours of an hour, as `#rrggbb`. */
export interface Palette {
  /** From the zenith down to the horizon. */
  readonly sky: readonly [string, string, string, string];
  /** Sun or moon. */
  readonly light: string;
  /** The farthest ridge, almost haze. */
  readonly far: string;
  /** The nearest ridge, almost a silhouette. */
  readonly near: string;
}

/** All that is decided before anything is drawn. */
export interface Theme {
  /** Where. */
  readonly place: Place;
  /** When. */
  readonly hour: Hour;
  /** The colours. */
  readonly palette: Palette;
  /** What stands out. */
  readonly subject: Subject;
}

// Several palettes an hour, so that two scenes of one film at the same hour differ.
const PALETTES: Record<Hour, readonly Palette[]> = {
  dawn: [
    {
      sky: ["#3b4a83", "#8f76ab", "#f0a9a0", "#ffe1b8"],
      light: "#fff3d6",
      far: "#c58fa6",
      near: "#2a2549",
    },
    {
      sky: ["#28587b", "#6ba3b5", "#f3c9a5", "#fff0cf"],
      light: "#fffbe6",
      far: "#a9b3bd",
      near: "#1e3144",
    },
  ],
  day: [
    {
      sky: ["#1f6fb2", "#4fa3d9", "#9fd3ee", "#e6f5f4"],
      light: "#fffdf0",
      far: "#9fcbc4",
      near: "#17503a",
    },
    {
      sky: ["#2a7f9e", "#66b7c4", "#b9e0d2", "#f6f1d8"],
      light: "#fffbe0",
      far: "#b3cfa6",
      near: "#24562f",
    },
  ],
  dusk: [
    {
      sky: ["#221a4d", "#7a2f6b", "#e8604c", "#ffc46b"],
      light: "#ffe7ae",
      far: "#b5566a",
      near: "#190f2b",
    },
    {
      sky: ["#2c1b3f", "#93304f", "#f07b3f", "#ffd56b"],
      light: "#fff0b8",
      far: "#c0604d",
      near: "#1f0f22",
    },
  ],
  night: [
    {
      sky: ["#050a20", "#0f1c46", "#243b74", "#4d6aa0"],
      light: "#f4f3e4",
      far: "#35508a",
      near: "#050914",
    },
    {
      sky: ["#0b0720", "#24154e", "#46307b", "#7a5aa2"],
      light: "#fbeed7",
      far: "#4f3c86",
      near: "#08051a",
    },
  ],
};

// Stems, so that inflected words match too. Korean stands beside English because both are first-class
// languages of the product.
const PLACE_WORDS: readonly (readonly [Place, RegExp])[] = [
  ["space", /\b(space|galax|planet|astronaut|orbit|cosmic|nebula|mars\b|alien)|우주|행성|은하/iu],
  [
    "city",
    /\b(cit(y|ies)|street|neon|skyscraper|urban|cyber|downtown|metro|robot|office|apartment)|도시|거리|골목|빌딩/iu,
  ],
  [
    "sea",
    /\b(sea|ocean|beach|coast|island|wave|harbou?r|ship|boat|sail|lighthouse|whale|lake|river)|바다|해변|파도|호수|등대|고래/iu,
  ],
  [
    "snow",
    /\b(snow|winter|ice|icy|frozen|glacier|arctic|blizzard|frost|alpine)|눈 ?(덮|내리|밭|산)|겨울|설산|얼음/iu,
  ],
  ["desert", /\b(desert|dune|sand|canyon|savanna|cactus|caravan|pyramid)|사막|모래|협곡/iu],
  [
    "forest",
    /\b(forest|wood|jungle|tree|garden|pine|leaf|leaves|mushroom|bamboo)|숲|나무|정글|정원/iu,
  ],
  [
    "hills",
    /\b(hill|mountain|valley|meadow|field|village|farm|ridge|grass)|산|언덕|들판|마을|초원/iu,
  ],
];

const HOUR_WORDS: readonly (readonly [Hour, RegExp])[] = [
  ["night", /\b(night|moon|star|midnight|dark|nocturn|firefl|dream)|밤|달빛|별|어둠|꿈/iu],
  [
    "dusk",
    /\b(sunset|dusk|evening|twilight|golden|fire|autumn|warm|ember)|노을|저녁|석양|황혼|가을/iu,
  ],
  [
    "dawn",
    /\b(dawn|sunrise|morning|daybreak|mist|fog|soft|pastel|spring)|새벽|아침|일출|안개|봄/iu,
  ],
  ["day", /\b(day|noon|sunny|bright|summer|blue sky|clear)|낮|한낮|여름|햇살/iu],
];

const SUBJECT_WORDS: readonly (readonly [Subject, RegExp])[] = [
  ["fox", /\b(fox|wolf|dog|pupp)|여우|늑대|강아지/iu],
  ["cat", /\b(cat|kitten|tiger|panther)|고양이|호랑이/iu],
  ["whale", /\b(whale|dolphin|fish|shark)|고래|돌고래|물고기/iu],
  ["robot", /\b(robot|android|machine|mech)|로봇|기계/iu],
  ["lighthouse", /\b(lighthouse|tower|beacon)|등대|탑/iu],
  ["boat", /\b(boat|ship|sail|captain|pirate|fisher)|배를|돛|어부|선장|항해/iu],
  ["rocket", /\b(rocket|spaceship|launch|astronaut|mission)|로켓|우주선/iu],
  ["balloon", /\b(balloon|float|airship)|풍선|열기구/iu],
  ["birds", /\b(bird|crane|gull|eagle|flock|owl|wing)|새 |새가|갈매기|독수리|날개/iu],
  [
    "house",
    /\b(house|home|cabin|cottage|village|inn|shop|kitchen|cafe|café)|집|오두막|마을|가게/iu,
  ],
  ["tree", /\b(tree|oak|cherry|orchard)|나무|벚꽃/iu],
  [
    "walker",
    /\b(man|woman|girl|boy|child|person|people|hero|travell?er|hiker|knight|king|queen|she|he)\b|소녀|소년|사람|여자|남자|아이|영웅/iu,
  ],
];

/** Subjects that fit a place when the words name none. */
const USUAL_SUBJECTS: Record<Place, readonly Subject[]> = {
  hills: ["house", "tree", "balloon", "birds", "walker"],
  sea: ["boat", "lighthouse", "birds"],
  forest: ["walker", "fox", "house"],
  city: ["birds", "walker", "balloon"],
  desert: ["walker", "tree", "balloon"],
  snow: ["house", "fox", "walker"],
  space: ["rocket", "walker"],
};

/** Subjects that need water or the sky, and where they are at home when the words name no place. */
const HOME: Partial<Record<Subject, Place>> = {
  boat: "sea",
  lighthouse: "sea",
  whale: "sea",
  rocket: "space",
  robot: "city",
};

/** Chooses what a prompt's picture shows. What the words leave open is decided by chance. */
export function chooseTheme(prompt: string, random: Random): Theme {
  const named = firstNamed(prompt, SUBJECT_WORDS);
  const place = firstNamed(prompt, PLACE_WORDS) ?? (named && HOME[named]) ??
    random.pick(["hills", "sea", "forest", "city", "desert", "snow"] as const);
  const hour = firstNamed(prompt, HOUR_WORDS) ??
    (place === "space" ? "night" : random.pick(["dawn", "day", "dusk", "night"] as const));
  return {
    place,
    hour,
    palette: random.pick(PALETTES[hour]),
    subject: named ?? random.pick(USUAL_SUBJECTS[place]),
  };
}

/** What the earliest matching word of a text names: the scene's own words come before its style. */
function firstNamed<Name>(
  text: string,
  table: readonly (readonly [Name, RegExp])[],
): Name | undefined {
  let best: { readonly name: Name; readonly at: number } | undefined;
  for (const [name, words] of table) {
    const at = text.search(words);
    if (at >= 0 && (best === undefined || at < best.at)) best = { name, at };
  }
  return best?.name;
}
