/**
 * Korean stories. Mostly a table of sentences; `{hero:은/는}` takes the particle that fits the word.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";
import { type Beat, fillSlots, type StoryBook, type StorySubject } from "./gemini_story_book.ts";
import { translateHero } from "./gemini_story_lexicon.ts";

const beat = (title: string, narration: string, visual: string): Beat => ({
  title,
  narration,
  visual,
});

const HEROES = ["어린 지도 제작자", "늙은 시계공", "조용한 거리의 악사", "고집 센 정원사"];

/** Ends the part of a word that names somebody: subject, object and companion particles. */
const PARTICLE = /(?<=.)(?:에게서|에게|에서|으로|이라는|라는|과|와|이|가|은|는|을|를|의|도|로)$/u;

/** Looks like a topic particle and makes an adjective or a verb's attribute: "작은 여우", "꿈꾸는 로봇". */
const ATTRIBUTE =
  /^(?:작|늙|젊|좋|깊|높|많|밝|붉|검|맑|넓|좁|짧|낡|같)은$|(?:있|없|하|되|찾|사|가|오|꾸|우|보|나|추|쓰|타|치)는$/u;

/** What prompts say about the film instead of the story. */
const ASIDE =
  /(?:에 대한|에 관한|의)?\s*(?:짧은\s*)?(?:이야기|영화|영상|동화|단편|애니메이션|비디오).*$/u;

/** Stories in Korean. */
export const KOREAN_STORIES: StoryBook = {
  language: "ko",
  beats: {
    opening: [
      beat(
        "시작",
        "{time}, {at_place} {hero:이/가} 눈을 뜹니다. 여느 때와는 다른 하루가, {other:과/와} 함께 조용히 시작되고 있었습니다.",
        "{at_place} 눈을 뜨는 {hero}",
      ),
      beat(
        "작은 시작",
        "모든 이야기는 아주 작은 것에서 시작됩니다. 이 이야기는 {at_place} 만난 {hero:과/와} {other}에서 시작됩니다.",
        "{at_place} 멀리 보이는 {hero}의 모습",
      ),
      beat(
        "아무도 모르게",
        "{at_place} 아무도 {hero:을/를} 눈여겨보지 않았습니다. 곧 무슨 일이 일어날지 누구도 알지 못했습니다.",
        "사람들 사이를 걷는 {hero}",
      ),
    ],
    wish: [
      beat(
        "결심",
        "탁자 위에 {thing:이/가} 놓여 있습니다. {hero:은/는} 숨을 깊이 들이쉬고, 오늘 길을 떠나기로 마음먹습니다.",
        "탁자 위의 {thing}, 그 앞에 선 {hero}",
      ),
      beat(
        "동행",
        "나도 함께 갈게, {friend:이/가} 말합니다. 그렇게 {hero:은/는} 더 이상 혼자가 아니게 되었습니다.",
        "나란히 길을 떠나는 {hero:과/와} {friend}",
      ),
    ],
    trial: [
      beat(
        "시련",
        "갑자기 {weather:이/가} 몰려옵니다. {hero:과/와} {friend:은/는} {at_place} 몸을 피하고, 모든 것이 지나가기를 기다립니다.",
        "{weather} 속에서 몸을 피하는 {hero:과/와} {friend}",
      ),
      beat(
        "틀린 지도",
        "지도가 틀렸습니다. {hero:은/는} 지도를 두 번 뒤집어 보고 웃더니, 아무도 그리지 않은 길을 고릅니다.",
        "갈림길에서 낡은 지도를 든 {hero}",
      ),
      beat(
        "내민 손",
        "{friend:이/가} 넘어집니다. 누구라도 지나쳤겠지만, {hero:은/는} 걸음을 멈추고 돌아와 손을 내밉니다.",
        "{friend}에게 손을 내미는 {hero}",
      ),
      beat(
        "숨은 것",
        "{at_place} 숨겨진 {thing:을/를} 찾았습니다. 아주 오래된 것이었지만, 마치 둘을 기다려 온 것만 같았습니다.",
        "반쯤 묻혀 있는 {thing}",
      ),
      beat(
        "고요",
        "하루 종일 아무 일도 일어나지 않았습니다. {hero:과/와} {friend:은/는} {at_place} 앉아 고요함이 얼마나 큰지 배웁니다.",
        "{at_place} 쉬고 있는 {hero:과/와} {friend}",
      ),
      beat(
        "다리",
        "다리가 사라졌습니다. {hero:은/는} 밧줄과 끈기만으로, 밤이 오기 전에 한 칸 한 칸 새 다리를 놓습니다.",
        "깊은 골짜기 위에서 밧줄을 묶는 {hero}",
      ),
    ],
    setback: [
      beat(
        "어둠",
        "그러다 모든 것이 한꺼번에 무너집니다. 불빛이 꺼지고 {friend:은/는} 사라지고, {hero:은/는} 홀로 남았습니다.",
        "어둠 속에 홀로 남은 {hero}",
      ),
      beat(
        "침묵",
        "쉬울 거라고는 누구도 말하지 않았습니다. 하지만 {hero:은/는} 이렇게 아플 줄은 몰랐고, 아무 말도 하지 못합니다.",
        "말없이 고개를 숙인 {hero}의 얼굴",
      ),
    ],
    turn: [
      beat(
        "돌아온 친구",
        "그때 안개 속에서 {friend:이/가} 천천히 걸어 나옵니다. 두 손에는 {thing:이/가} 소중히 들려 있습니다.",
        "안개 속에서 나타나는 {friend}",
      ),
      beat(
        "작은 신호",
        "작은 신호 하나면 충분합니다. {hero:은/는} 다시 일어섭니다. {theme:은/는} 느끼는 것이 아니라 행하는 것이니까요.",
        "다시 일어서는 {hero}, 지평선의 첫 빛",
      ),
    ],
    climax: [
      beat(
        "그 순간",
        "{hero:이/가} 한 걸음 앞으로 나섭니다. 세 번의 심장 소리, 단 한 번의 선택. 이제 두려움은 없습니다.",
        "{weather} 속으로 나아가는 {hero}",
      ),
      beat(
        "함께",
        "{friend:이/가} 붙잡고, {hero:이/가} 버팁니다. 남은 힘을 모두 모은 그 순간, 드디어 모든 것이 제자리를 찾습니다.",
        "서로를 붙잡고 버티는 {hero:과/와} {friend}",
      ),
    ],
    ending: [
      beat(
        "집으로",
        "{time}, 마침내 고요가 돌아옵니다. {hero:과/와} {friend:은/는} 천천히 집으로 걸어가고, 아무 말도 필요하지 않습니다.",
        "집으로 돌아가는 {hero:과/와} {friend}의 뒷모습",
      ),
      beat(
        "그 자리",
        "오랜 시간이 흐른 뒤에도 사람들은 {at_place} 그 자리를 가리키며, {hero:이/가} 배운 {theme:을/를} 이야기합니다.",
        "{at_place} 한 곳을 가리키는 아이들",
      ),
      beat(
        "남은 것",
        "길은 시작된 곳, {at_place} 끝이 납니다. 달라진 것은 {hero}뿐이지만, 그것으로 모든 것이 달라졌습니다.",
        "처음의 그 자리로 돌아온 {hero}, 따뜻한 빛",
      ),
    ],
  },
  titles: [
    "{hero:과/와} {theme}",
    "{hero}의 하루",
    "{friend:과/와} {hero}",
    "{hero:이/가} 알게 된 것",
  ],
  loglines: [
    "{premise_sentence} {count}개의 장면으로 그리는 {theme}의 이야기.",
    "{premise_sentence} {hero:은/는} {friend:과/와} 함께 아무도 찾지 않던 {theme:을/를} 발견한다.",
  ],
  replies: [
    "{hero:이/가} 등장하는 장면으로 시작해 {count}개의 장면으로 만들면 좋겠습니다. 이렇게 쓸까요?",
  ],
  names: ["지우", "하린", "도윤", "서연", "민준", "은채", "시우", "가온", "나래", "태오"],
  leadRole: "{hero}",
  leadLook: "{name}, {hero}, {detail}",
  roles: ["믿음직한 친구", "경쟁자", "길잡이", "이웃"],
  looks: ["{name}, {detail}, 잘 웃는다", "{name}, {detail}, 말수가 적고 진심만 말한다"],
  details: [
    "기운 자국이 있는 파란 외투",
    "동그란 안경과 잉크 묻은 손",
    "빨간 목도리",
    "넓은 밀짚모자",
  ],
  places: [
    "오래된 항구에서",
    "소나무 숲 끝에서",
    "지붕이 기울어진 마을에서",
    "바다로 가는 마지막 길에서",
    "버려진 정원에서",
    "긴 돌다리 아래에서",
    "강의 조용한 쪽에서",
    "섬의 시장에서",
  ],
  laters: ["다음 날입니다.", "일주일이 지났습니다.", "더 먼 곳입니다.", "겨울이 지나갔습니다."],
  times: ["새벽", "해 질 무렵", "한밤중", "이른 아침"],
  weathers: ["비", "안개", "바람", "눈보라", "폭풍"],
  things: [
    "놋쇠 나침반",
    "이름 없는 편지",
    "꺼지지 않는 등불",
    "은빛 호루라기",
    "망가진 오르골",
    "빨간 연",
    "종이배",
    "바늘 없는 시계",
  ],
  themes: ["용기", "믿음", "기다림", "희망", "우정"],
  styles: ["부드러운 수채화풍", "영화 같은 사실적인 화면", "따뜻한 손그림 애니메이션풍"],
  lights: ["황금빛 햇살", "차가운 푸른 빛", "아침 안개", "은은한 달빛"],
  cameras: ["천천히 다가가는 화면", "넓은 전경", "가까운 화면", "부드럽게 따라가는 화면"],
  moods: ["희망", "긴장", "다정함", "경이로움"],
  visualTail: ", {light}, {camera}, {style}",
  known: (thing) => thing,
  readSubject,
  fill: (template, words) =>
    fillSlots(
      template.replace(
        /\{(\w+):([^/}]+)\/([^}]+)\}/g,
        (slot, name: string, closed: string, open: string) => {
          const word = words[name];
          return word === undefined ? slot : word + (endsClosed(word) ? closed : open);
        },
      ),
      words,
    ),
  finish: (text) => {
    const tidy = text.replace(/\s+/g, " ").replace(/\s+([,.])/g, "$1").trim();
    return /[.!?다요]$/u.test(tidy) && !/[.!?]$/.test(tidy) ? `${tidy}.` : tidy;
  },
  fitNarration: (text) => fitCharacters(text, 110),
  // A syllable takes about a third of an English word.
  countWords: (text) => [...text].length / 3,
};

function readSubject(premise: string, chooser: Chooser): StorySubject {
  const idea = premise.replace(ASIDE, "").trim();
  const words = /\p{Script=Hangul}/u.test(idea) ? idea.split(/\s+/) : [];
  // The first word with a particle ends the hero: "작은 여우가 …" is "작은 여우".
  const end = words.slice(0, 4)
    .findIndex((word) => PARTICLE.test(word) && !ATTRIBUTE.test(word));
  const named = words.slice(0, end < 0 ? 2 : end + 1).join(" ").replace(PARTICLE, "");
  const counterpart = end < 0
    ? undefined
    : words.slice(end + 1).find((word) => /(?:과|와|을|를|에게)$/u.test(word) && word.length > 2);
  const hero = named || (translateHero(premise, "ko") ?? chooser.pick(HEROES));
  return {
    words: {
      hero,
      a_hero: hero,
      premise_sentence: premise === ""
        ? "아무도 예상하지 못했다."
        : `${premise.replace(/\.$/, "")}.`,
      ...(counterpart === undefined ? {} : { other: counterpart.replace(PARTICLE, "") }),
    },
    allows: () => true,
  };
}

/** Tells whether a word ends in a consonant: Hangul syllables are ordered, 28 finals to a vowel. */
function endsClosed(word: string): boolean {
  const code = word.charCodeAt(word.length - 1) - 0xac00;
  return code >= 0 && code < 11_172 ? code % 28 !== 0 : /[bcdfgklmnpt0-9]$/i.test(word);
}

/** Cuts after the last sentence that fits, else between characters. */
export function fitCharacters(text: string, max: number): string {
  const characters = [...text];
  if (characters.length <= max) return text;
  const kept = characters.slice(0, max);
  const stop = kept.findLastIndex((character) => /[.。!?！？]/.test(character));
  return kept.slice(0, stop > max / 3 ? stop + 1 : max).join("").trim();
}
