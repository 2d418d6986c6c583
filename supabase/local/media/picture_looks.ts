/**
 * What a description says of somebody's looks: colours by what they are of, and things that are worn.
 *
 * @module
 */
import type { Random } from "./picture_random.ts";

/** Colours as `#rrggbb`. */
export interface Looks {
  /** Behind them. */
  readonly ground: string;
  /** Face and hands. */
  readonly skin: string;
  /** Or beard. */
  readonly hair: string;
  /** Coat, dress, or a machine's plates. */
  readonly clothes: string;
  /** Trousers. */
  readonly legs: string;
  /** Null: none. */
  readonly scarf: string | null;
  /** Null: none. */
  readonly hat: string | null;
  /** Whether they wear some. */
  readonly glasses: boolean;
  /** Whether the hair reaches the shoulders. */
  readonly isLongHaired: boolean;
  /** Whether they are a machine. */
  readonly isRobot: boolean;
}

// Stems in the languages the simulated writer casts in.
const COLORS: readonly (readonly [string, RegExp])[] = [
  ["#c8372d", /\b(?:red|crimson|scarlet|rot\w*|roj[oa]|rouge)|빨간|붉은|あか|赤/iu],
  ["#2f66b0", /\b(?:blue|navy|blau\w*|azul|bleue?)|파란|푸른|あお|青/iu],
  ["#e9c22f", /\b(?:yellow|gelb\w*|amarill[oa]|jaune)|노란|きいろ|黄/iu],
  ["#3d8b4a", /\b(?:green|grün\w*|verde|verte?)|초록|녹색|みどり|緑/iu],
  ["#e07b28", /\b(?:orange|copper|brass|rust|naranja)|주황|구리|オレンジ/iu],
  ["#7d4a9e", /\b(?:purple|violet|lila|morad[oa])|보라|むらさき|紫/iu],
  ["#d982a5", /\b(?:pink|rosa|rose)|분홍|ピンク/iu],
  ["#7a5230", /\b(?:brown|chestnut|leather|braun\w*|marrón|brune?)|갈색|ちゃいろ|茶/iu],
  ["#d9c07a", /\b(?:straw|blond|golden?|paja|paille|stroh\w*)|밀짚|금발|むぎわら|麦/iu],
  [
    "#c9ccd1",
    /\b(?:silver|gr[ea]y|tin\b|steel|plata|gris|grau\w*|argent)|은색|은빛|회색|ぎんいろ|銀/iu,
  ],
  ["#f2efe8", /\b(?:white|weiß\w*|blanc[oa]?|blanche)|하얀|흰|しろ|白/iu],
  ["#2b2b30", /\b(?:black|schwarz\w*|negr[oa]|noire?)|검은|까만|くろ|黒/iu],
];

const HAIR = /\b(?:hair|beard|braids?|ponytail|curls|haar\w*|pelo|cheveux)|머리|수염|かみ|髪/iu;
const SCARF = /\b(?:scarf|shawl|schal|bufanda|écharpe)|목도리|スカーフ|マフラー/iu;
const HAT = /\b(?:hat|cap|crown|helmet|beret|hut|sombrero|chapeau)\b|모자|ぼうし|帽/iu;
const EYES = /\b(?:eyes?|augen|ojos|yeux)|눈동자|눈|め|瞳/iu;
const GLASSES = /\b(?:glasses|spectacles|brille|gafas|lunettes)|안경|めがね|眼鏡/iu;
const LONG_HAIR =
  /\b(?:long hair|braids?|ponytail|woman|girl|mother|queen|she)\b|긴 머리|소녀|여자|かみのなが/iu;
const ROBOT = /\b(?:robot|android|machine|automaton|droid)|로봇|기계|ロボット/iu;

const SKINS = ["#f3d3b8", "#e4b48c", "#c68a5e", "#8d5a3a", "#5f3b28"] as const;
const HAIRS = ["#2a211c", "#5a3a22", "#a8692f", "#d9b25f", "#8f8d8b", "#77301f"] as const;
const CLOTHES = ["#c2503f", "#3f74b5", "#4b8f5a", "#d1a13a", "#7b559c", "#3a8c92"] as const;
const GROUNDS = ["#9db8c9", "#c9b39d", "#a9c3a3", "#c3a3b6", "#b3aecb", "#cfc48f"] as const;
const LEGS = ["#33415c", "#4a3b32", "#3d3d3d", "#5b5a4a"] as const;

/** Reads the looks. What the words leave open is decided by chance. */
export function chooseLooks(description: string, random: Random): Looks {
  const named = colorsOf(description);
  const worn = (word: RegExp) =>
    word.test(description) ? named.get(word) ?? random.pick(CLOTHES) : null;
  return {
    ground: random.pick(GROUNDS),
    skin: random.pick(SKINS),
    hair: named.get(HAIR) ?? random.pick(HAIRS),
    clothes: named.get(null) ?? random.pick(CLOTHES),
    legs: random.pick(LEGS),
    scarf: worn(SCARF),
    hat: worn(HAT),
    glasses: GLASSES.test(description),
    isLongHaired: LONG_HAIR.test(description) || random.between(0, 1) < 0.3,
    isRobot: ROBOT.test(description),
  };
}

/** Colours by what they are of: the part that is named next after them; null is clothes or the whole. */
function colorsOf(description: string): Map<RegExp | null, string> {
  const colors = new Map<RegExp | null, string>();
  for (const part of description.split(/[,;.、。]|\band\b|\bund\b|\bet\b|\by\b|와 |과 |と/iu)) {
    const color = COLORS.find(([, words]) => words.test(part))?.[0];
    if (color === undefined) continue;
    const of = [HAIR, SCARF, HAT, EYES].find((words) => words.test(part)) ?? null;
    // "Silver hair under a wide straw hat" names two things in one breath.
    const all = [HAIR, SCARF, HAT].filter((words) => words.test(part));
    if (all.length > 1) {
      for (const words of all) {
        const before = part.slice(0, part.search(words));
        const nearest = COLORS.map(([value, name]) => ({ value, at: lastOf(before, name) }))
          .filter(({ at }) => at >= 0).sort((a, b) => b.at - a.at)[0];
        if (nearest !== undefined && !colors.has(words)) colors.set(words, nearest.value);
      }
    } else if (!colors.has(of)) colors.set(of, color);
  }
  return colors;
}

function lastOf(text: string, words: RegExp): number {
  let last = -1;
  for (const { index } of text.matchAll(new RegExp(words.source, "giu"))) last = index;
  return last;
}
