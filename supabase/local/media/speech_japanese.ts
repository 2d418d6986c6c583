/**
 * Makes Japanese text speakable for eSpeak NG, which knows kana but calls every kanji "Chinese letter",
 * four times as long as the word. A dictionary of readings weighs 17 MB (kuromoji), too much for a
 * simulator: each kanji gets a made-up reading of two morae instead, the usual length, always the same
 * one. So length and melody are right and words written in kanji are not.
 *
 * @module
 */

const ONSETS = ["か", "し", "た", "の", "は", "ま", "や", "り", "こ", "せ", "と", "な", "ふ", "み"];
const ENDINGS = ["い", "う", "ん", "く", "つ", "き", "ち", "お"];

/** Replaces kanji by kana; everything else stays. */
export function speakableJapanese(text: string): string {
  return text.replace(/\p{Script=Han}/gu, (kanji) => {
    const code = kanji.codePointAt(0) ?? 0;
    return `${ONSETS[code % ONSETS.length]}${ENDINGS[(code >> 4) % ENDINGS.length]}`;
  });
}
