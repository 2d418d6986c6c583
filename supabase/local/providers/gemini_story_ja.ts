/**
 * Japanese stories. Mostly a table of sentences, in kana like a picture book, because the simulated
 * voices cannot read kanji.
 *
 * @module
 */
import type { Chooser } from "./gemini_random.ts";
import { type Beat, fillSlots, type StoryBook, type StorySubject } from "./gemini_story_book.ts";
import { fitCharacters } from "./gemini_story_ko.ts";
import { translateHero } from "./gemini_story_lexicon.ts";

const beat = (title: string, narration: string, visual: string): Beat => ({
  title,
  narration,
  visual,
});

const HEROES = ["ちいさなちずし", "としおいたとけいや", "しずかなおんがくか", "がんこなにわし"];

/** Stories in Japanese. */
export const JAPANESE_STORIES: StoryBook = {
  language: "ja",
  beats: {
    opening: [
      beat(
        "はじまり",
        "{time}、{at_place}、{hero}がめをさましました。いつもとはちがういちにちが、{other}とともにはじまります。",
        "{at_place}めをさます{hero}",
      ),
      beat(
        "ちいさなはじまり",
        "どんなものがたりも、ちいさなことからはじまります。これは{at_place}であった、{hero}のものがたりです。",
        "{at_place}、とおくにみえる{hero}",
      ),
      beat(
        "だれもしらない",
        "{at_place}、だれも{hero}にきづきません。これからなにがおこるのか、まだだれもしらないのです。",
        "ひとごみのなかをあるく{hero}",
      ),
    ],
    wish: [
      beat(
        "けっしん",
        "つくえのうえに{thing}があります。{hero}はふかくいきをすい、きょうたびにでるときめました。",
        "つくえのうえの{thing}と{hero}",
      ),
      beat(
        "ふたり",
        "いっしょにいくよ、と{friend}がいいました。こうして{hero}は、もうひとりではなくなりました。",
        "ならんであるきだす{hero}と{friend}",
      ),
    ],
    trial: [
      beat(
        "しれん",
        "とつぜん{weather}がやってきました。{hero}と{friend}はみをよせあい、とおりすぎるのをまちます。",
        "{weather}のなかでみをよせあう{hero}と{friend}",
      ),
      beat(
        "まちがったちず",
        "ちずがまちがっています。{hero}はわらって、だれもえがいたことのないみちをえらびました。",
        "わかれみちでふるいちずをもつ{hero}",
      ),
      beat(
        "さしのべたて",
        "{friend}がころびました。だれもがとおりすぎるなか、{hero}だけがもどってきて、てをさしのべます。",
        "{friend}にてをさしのべる{hero}",
      ),
      beat(
        "かくされたもの",
        "{at_place}、かくされていた{thing}をみつけました。まるでふたりをずっとまっていたようです。",
        "なかばうもれた{thing}",
      ),
      beat(
        "しずけさ",
        "いちにちじゅう、なにもおこりません。{hero}と{friend}はすわって、しずけさのおとをききました。",
        "{at_place}やすんでいる{hero}と{friend}",
      ),
      beat(
        "はし",
        "はしがありません。{hero}はロープとねばりづよさで、よるになるまえにあたらしいはしをかけました。",
        "ふかいたにのうえでロープをむすぶ{hero}",
      ),
    ],
    setback: [
      beat(
        "くらやみ",
        "すべてがいちどにくずれました。ひかりがきえ、{friend}もいなくなり、{hero}はひとりになりました。",
        "くらやみにひとりのこされた{hero}",
      ),
      beat(
        "ちんもく",
        "かんたんではないとしっていました。でもこんなにつらいとは。{hero}はなにもいえません。",
        "だまってうつむく{hero}",
      ),
    ],
    turn: [
      beat(
        "ともだち",
        "そのとき、きりのなかから{friend}があらわれました。そのてには、{thing}がだいじにかかえられています。",
        "きりのなかからあらわれる{friend}",
      ),
      beat(
        "ちいさなしるし",
        "ちいさなしるしがあればじゅうぶんです。{hero}はまたたちあがりました。{theme}とは、うごくことだからです。",
        "たちあがる{hero}、ちへいせんのひかり",
      ),
    ],
    climax: [
      beat(
        "そのとき",
        "{hero}はいっぽまえにでました。たったいちどのえらび。もう、こわいものはなにもありません。",
        "{weather}のなかへすすむ{hero}",
      ),
      beat(
        "ともに",
        "{friend}がささえ、{hero}がふんばります。さいごのちからをあわせたとき、すべてがかわりました。",
        "ささえあう{hero}と{friend}",
      ),
    ],
    ending: [
      beat(
        "いえへ",
        "{time}、やっとしずけさがもどりました。{hero}と{friend}はゆっくりいえにかえります。ことばはいりません。",
        "いえにかえる{hero}と{friend}のうしろすがた",
      ),
      beat(
        "あのばしょ",
        "ずっとあとになっても、ひとびとは{hero}がまなんだ{theme}のことを、{at_place}かたりつづけています。",
        "{at_place}ゆびさすこどもたち",
      ),
      beat(
        "のこったもの",
        "みちははじまったばしょでおわります。かわったのは{hero}だけ。でも、それですべてがかわりました。",
        "はじめのばしょにもどった{hero}、あたたかいひかり",
      ),
    ],
  },
  titles: ["{hero}と{theme}", "{hero}のいちにち", "{friend}と{hero}", "{hero}がみたもの"],
  loglines: [
    "{premise_sentence}{count}のシーンでえがく、{theme}のものがたり。",
    "{premise_sentence}{hero}は{friend}とともに、{theme}をみつける。",
  ],
  replies: [
    "{hero}のばめんからはじめて、{count}のシーンにしてはどうでしょう。このようにかきますか。",
  ],
  names: ["ハル", "ミナト", "サクラ", "ソラ", "ユイ", "レン", "ヒナ", "カイト", "リク", "アオイ"],
  leadRole: "{hero}",
  leadLook: "{name}、{hero}、{detail}",
  roles: ["なかよしのともだち", "ライバル", "みちあんない", "となりのひと"],
  looks: ["{name}、{detail}、よくわらう", "{name}、{detail}、くちかずはすくない"],
  details: ["あおいコート", "まるいめがね", "あかいマフラー", "おおきなむぎわらぼうし"],
  places: [
    "ふるいみなとで",
    "まつばやしのはずれで",
    "うみへつづくさいごのみちで",
    "わすれられたにわで",
    "いしのはしのしたで",
    "かわのしずかなきしで",
    "しまのいちばで",
    "やねのかたむいたまちで",
  ],
  laters: ["つぎのひです。", "いっしゅうかんごです。", "もっととおくで。", "ふゆがすぎました。"],
  times: ["よあけ", "ゆうぐれ", "まよなか", "あさはやく"],
  weathers: ["あめ", "きり", "かぜ", "ふぶき", "あらし"],
  things: [
    "しんちゅうのらしんばん",
    "なまえのないてがみ",
    "きえないランプ",
    "ぎんいろのふえ",
    "こわれたオルゴール",
    "あかいたこ",
    "かみのふね",
    "はりのないとけい",
  ],
  themes: ["ゆうき", "しんらい", "きぼう", "ゆうじょう", "しんぼう"],
  styles: [
    "やわらかいすいさいがふう",
    "えいがのようなしゃじつてきなえ",
    "あたたかいてがきアニメふう",
  ],
  lights: ["きんいろのひかり", "あおくつめたいひかり", "あさもや", "つきあかり"],
  cameras: ["ゆっくりちかづく", "ひろいけしき", "クローズアップ", "しずかにおいかける"],
  moods: ["きぼう", "きんちょう", "やさしさ", "おどろき"],
  visualTail: "、{light}、{camera}、{style}",
  known: (thing) => thing,
  readSubject,
  fill: (template, words) => fillSlots(template, words).replace(/でで/g, "で"),
  finish: (text) => {
    const tidy = text.replace(/\s+/g, " ").trim();
    return /[すたかん]$/u.test(tidy) ? `${tidy}。` : tidy;
  },
  fitNarration: (text) => fitCharacters(text, 90),
  // A kana takes about a third of an English word.
  countWords: (text) => [...text].length / 3,
};

/** The hero stands before the first particle: "灯台守がクジラと…" is "灯台守". */
function readSubject(premise: string, chooser: Chooser): StorySubject {
  const isJapanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(premise);
  const match = isJapanese
    ? /^(.{1,20}?)(?:が|は|と|を|について|の話|、)(.*)$/u.exec(premise)
    : null;
  const counterpart = /^(.{1,12}?)(?:と|を|に)/u.exec(match?.[2] ?? "")?.[1];
  const hero = match?.[1] ??
    (isJapanese ? [...premise].slice(0, 10).join("") : translateHero(premise, "ja")) ??
    chooser.pick(HEROES);
  return {
    words: {
      hero,
      a_hero: hero,
      premise_sentence: premise === "" ? "だれもしらなかった。" : `${premise}。`,
      ...(counterpart === undefined ? {} : { other: counterpart }),
    },
    allows: () => true,
  };
}
