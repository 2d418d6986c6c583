import assert from "node:assert/strict";
import fc from "fast-check";
import { parse as parseSubtitles } from "@plussub/srt-vtt-parser";
import { layoutFor, widthOf } from "../../../supabase/functions/_shared/film/caption_text.ts";
import {
  type Cue,
  makeCaptions,
  type Narration,
} from "../../../supabase/functions/_shared/film/captions.ts";
import { writeSrt } from "../../../supabase/functions/_shared/film/srt.ts";
import { writeWebVtt } from "../../../supabase/functions/_shared/film/webvtt.ts";
import { parseWebVtt } from "../../fixtures/parse_webvtt.ts";

/** What people write: with and without spaces, from right to left, with signs that files use themselves. */
const SCRIPTS: readonly (readonly [string, string])[] = [
  [
    "en-US",
    "Night falls over the harbour. The old lamp wakes, looks around, and sees that every boat has " +
    "already gone out into the storm; only one, small and made of paper, is still waiting by the pier. Then it moves!",
  ],
  ["en-US", 'Tom & Jerry say "1 < 2 --> true", <i>not</i> {\\an8}false. 2026'],
  [
    "de-DE",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft heißt das Schiff, " +
    "und niemand lacht darüber.",
  ],
  [
    "ko-KR",
    "밤이 항구 위로 내려앉는다. 오래된 등대가 눈을 뜨고 천천히 주위를 둘러보며 바다로 나간 모든 배들을 하나씩 세어 본다. " +
    "종이배 하나만이 부두 옆에서 기다리고 있다.",
  ],
  [
    "ja-JP",
    "港に夜が降りてくる。古い灯台は目を覚まし、ゆっくりと辺りを見回して、嵐の海へ出て行った船を一つ一つ数えていく。" +
    "桟橋のそばで待っているのは、小さな紙の船だけだ。",
  ],
  [
    "zh-CN",
    "夜幕降临在港口上空，古老的灯塔醒来了，它慢慢地环顾四周，数着每一艘驶入风暴之中的船只，最后只剩下一只小小的纸船还在码头边等待着。",
  ],
  [
    "he-IL",
    "הלילה יורד על הנמל. המגדלור הישן מתעורר, מביט סביב ורואה שכל הסירות כבר יצאו אל הסערה הגדולה.",
  ],
  [
    "ar-EG",
    "يهبط الليل على الميناء؛ يستيقظ المصباح القديم، وينظر حوله فيرى أن كل القوارب قد خرجت إلى العاصفة. هل يبقى أحد؟",
  ],
  [
    "th-TH",
    "ค่ำคืนมาเยือนท่าเรือ ประภาคารเก่าตื่นขึ้นมามองไปรอบๆและเห็นว่าเรือทุกลำได้ออกไปในพายุแล้วเหลือเพียงเรือกระดาษลำเล็ก",
  ],
  ["en-US", "Look 👩‍👩‍👧‍👦👨🏽‍🚀🏳️‍🌈! ".repeat(12)],
  ["en-US", `See https://example.com/${"very-long-".repeat(12)}end now.`],
  ["en-US", "No."],
  ["en-US", "! ".repeat(200)],
  ["en-US", `${"x,".repeat(300)}...`],
];

/** Seconds a voice takes: about 15 letters a second. */
const spokenSeconds = (text: string) => widthOf(text) / 15;

const squeeze = (text: string) => text.replace(/[\s\u2060\p{Cc}]/gu, "");

function assertReadable(cues: readonly Cue[], { text, startSeconds, durationSeconds }: Narration) {
  const { lineWidth } = layoutFor(text, "und");
  assert.equal(squeeze(cues.map((cue) => cue.text).join("")), squeeze(text), "every word is there");
  let lastMs = startSeconds * 1000;
  for (const cue of cues) {
    const lines = cue.text.split("\n");
    assert.ok(lines.length <= 2, cue.text);
    for (const line of lines) {
      assert.ok(line.trim() === line && line !== "", `"${line}"`);
      assert.ok(widthOf(line) <= lineWidth, `"${line}" is ${widthOf(line)} wide`);
    }
    assert.ok(Number.isInteger(cue.startMs) && Number.isInteger(cue.endMs));
    assert.ok(cue.startMs >= lastMs && cue.endMs > cue.startMs, "in order, without overlap");
    lastMs = cue.endMs;
  }
  const isEnough = durationSeconds >= cues.length;
  if (isEnough) {
    for (const cue of cues) assert.ok(cue.endMs - cue.startMs >= 999, JSON.stringify(cue));
    const endSeconds = startSeconds + durationSeconds;
    assert.ok(
      Math.abs((cues.at(-1)?.endMs ?? 0) / 1000 - endSeconds) <= 0.002,
      "ends with the voice",
    );
  }
}

for (const [language, text] of SCRIPTS) {
  Deno.test(`makeCaptions() makes readable cues of ${language}: ${text.slice(0, 24)}`, () => {
    const narration = { text, startSeconds: 3.25, durationSeconds: spokenSeconds(text) };
    const cues = makeCaptions([narration], { language, filmSeconds: 600 });
    assertReadable(cues, narration);
  });

  Deno.test(`writeWebVtt() and writeSrt() are read back by other libraries: ${language}: ${text.slice(0, 24)}`, () => {
    const narration = { text, startSeconds: 3599.5, durationSeconds: spokenSeconds(text) };
    const cues = makeCaptions([narration], { language, filmSeconds: 9999 });

    const vtt = parseWebVtt(writeWebVtt(cues));
    assert.deepEqual(vtt.errors, [], "the validator finds nothing");
    assert.deepEqual(vtt.cues, cues);

    const srt = writeSrt(cues);
    assert.ok(!/[^\r]\n|\r[^\n]/.test(srt), "every line ends with CR LF");
    assert.deepEqual(
      parseSubtitles(srt).entries.map(({ from, to, text }) => ({
        startMs: from,
        endMs: to,
        text: text.replaceAll("\u2060", "").replaceAll("\r", ""),
      })),
      cues,
    );
  });
}

Deno.test("makeCaptions() ends sentences where they end, and breaks lines between words", () => {
  const text =
    "A lamp wakes. It looks around and counts the boats, one by one, until only one is left.";
  const cues = makeCaptions([{ text, startSeconds: 0, durationSeconds: 6 }], {
    language: "en-US",
    filmSeconds: 6,
  });
  assert.deepEqual(cues.map((cue) => cue.text), [
    "A lamp wakes.",
    "It looks around and counts the boats,\none by one, until only one is left.",
  ]);
  assert.equal(cues.at(-1)?.endMs, 6000);
});

Deno.test("makeCaptions() gives long texts more time than short ones", () => {
  const text = "Short one here. This sentence has about three times as many letters.";
  const [short, long] = makeCaptions([{ text, startSeconds: 0, durationSeconds: 10 }], {
    language: "en-US",
    filmSeconds: 10,
  });
  assert.ok(short && long);
  const ratio = (long.endMs - long.startMs) / (short.endMs - short.startMs);
  assert.ok(ratio > 2.3 && ratio < 3.5, String(ratio));
});

Deno.test("makeCaptions() keeps a narration's cues before the next one's, and inside the film", () => {
  const text = "One. ".repeat(30);
  const cues = makeCaptions([
    { text, startSeconds: 0, durationSeconds: 20 },
    { text: "Two.", startSeconds: 5, durationSeconds: 0.4 },
    { text: "Three.", startSeconds: 7.5, durationSeconds: 0.4 },
  ], { language: "en-US", filmSeconds: 8 });
  const two = cues.findIndex((cue) => cue.text === "Two.");
  assert.ok(cues.slice(0, two).every((cue) => cue.endMs <= 5000));
  assert.deepEqual(cues.slice(two), [
    { startMs: 5000, endMs: 6000, text: "Two." },
    { startMs: 7500, endMs: 8000, text: "Three." },
  ]);
});

Deno.test("makeCaptions() makes nothing of silence, and does not fail on an unknown language", () => {
  const options = { language: "x", filmSeconds: 10 };
  assert.deepEqual(makeCaptions([], options), []);
  assert.deepEqual(
    makeCaptions([{ text: " \n ", startSeconds: 0, durationSeconds: 5 }], options),
    [],
  );
  assert.deepEqual(
    makeCaptions([{ text: "Late.", startSeconds: 12, durationSeconds: 5 }], options),
    [],
  );
  assert.equal(
    makeCaptions([{ text: "Yes.", startSeconds: 0, durationSeconds: 5 }], options).length,
    1,
  );
});

Deno.test("makeCaptions() keeps its rules for any text, length and place", () => {
  const words = fc.array(
    fc.oneof(
      fc.constantFrom(...SCRIPTS.flatMap(([, text]) => text.split(" "))),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    ),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(words, fc.double({ min: 0.1, max: 90, noNaN: true }), (parts, durationSeconds) => {
      const narration = { text: parts.join(" "), startSeconds: 1.2345, durationSeconds };
      const cues = makeCaptions([narration], { language: "en-US", filmSeconds: 600 });
      if (durationSeconds >= 1 || cues.length > 1) assertReadable(cues, narration);
      assert.deepEqual(parseWebVtt(writeWebVtt(cues)).errors, []);
      assert.equal(parseSubtitles(writeSrt(cues) || "\n").entries.length, cues.length);
    }),
    { numRuns: 150, seed: 20261121 },
  );
});
