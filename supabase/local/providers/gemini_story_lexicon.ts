/**
 * The commonest heroes of short films, so that an English prompt gives a Korean story about the same one.
 *
 * @module
 */
import type { StoryLanguage } from "./gemini_story_book.ts";

/** English noun, then Korean, Japanese, Spanish, French, German. */
const HEROES: readonly (readonly [RegExp, string, string, string, string, string])[] = [
  [/\bfox/i, "여우", "きつね", "un zorro", "un renard", "ein Fuchs"],
  [/\bcats?\b|kitten/i, "고양이", "ねこ", "un gato", "un chat", "eine Katze"],
  [/\bdogs?\b|puppy/i, "강아지", "いぬ", "un perro", "un chien", "ein Hund"],
  [/robot|android/i, "로봇", "ロボット", "un robot", "un robot", "ein Roboter"],
  [/whale/i, "고래", "くじら", "una ballena", "une baleine", "ein Wal"],
  [/dragon/i, "용", "りゅう", "un dragón", "un dragon", "ein Drache"],
  [/\bbears?\b/i, "곰", "くま", "un oso", "un ours", "ein Bär"],
  [/wolf|wolves/i, "늑대", "おおかみ", "un lobo", "un loup", "ein Wolf"],
  [/rabbit|bunny/i, "토끼", "うさぎ", "un conejo", "un lapin", "ein Hase"],
  [/\bbirds?\b|sparrow|crow/i, "새", "ことり", "un pájaro", "un oiseau", "ein Vogel"],
  [/horse|pony/i, "말", "うま", "un caballo", "un cheval", "ein Pferd"],
  [/\bfish/i, "물고기", "さかな", "un pez", "un poisson", "ein Fisch"],
  [
    /astronaut/i,
    "우주비행사",
    "うちゅうひこうし",
    "una astronauta",
    "une astronaute",
    "eine Astronautin",
  ],
  [/lighthouse/i, "등대지기", "とうだいもり", "un farero", "un gardien", "ein Leuchtturmwärter"],
  [/knight/i, "기사", "きし", "un caballero", "un chevalier", "ein Ritter"],
  [/princess|queen/i, "공주", "おひめさま", "una princesa", "une princesse", "eine Prinzessin"],
  [/detective/i, "탐정", "たんてい", "una detective", "une détective", "eine Detektivin"],
  [/baker|chef|cook/i, "요리사", "りょうりにん", "una cocinera", "une cuisinière", "eine Köchin"],
  [/girl|daughter/i, "소녀", "おんなのこ", "una niña", "une fille", "ein Mädchen"],
  [/boy|son\b/i, "소년", "おとこのこ", "un niño", "un garçon", "ein Junge"],
  [/woman|mother|grandmother/i, "할머니", "おばあさん", "una mujer", "une femme", "eine Frau"],
  [
    /\bman\b|father|grandfather|fisherman/i,
    "할아버지",
    "おじいさん",
    "un hombre",
    "un homme",
    "ein Mann",
  ],
];

const COLUMNS: Readonly<Record<StoryLanguage, 1 | 2 | 3 | 4 | 5 | null>> = {
  en: null,
  ko: 1,
  ja: 2,
  es: 3,
  fr: 4,
  de: 5,
};

/** The first hero of an English line in another language, or null. */
export function translateHero(line: string, language: StoryLanguage): string | null {
  const column = COLUMNS[language];
  if (column === null) return null;
  const [first] = HEROES
    .map((row) => ({ row, at: line.search(row[0]) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return first?.row[column] ?? null;
}
