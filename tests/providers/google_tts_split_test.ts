import assert from "node:assert/strict";
import fc from "fast-check";
import { splitText } from "../../supabase/functions/_shared/providers/google_tts_split.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;
const bare = (text: string) => text.toWellFormed().replace(/\s+/g, "");

const anyText = fc.string({ unit: "binary", maxLength: 400 });
const prose = fc.array(
  fc.constantFrom(
    ...["The fox", " sleeps", ". ", "! ", "? ", "\n", " ", "  ", "3.14", "e.g. this", '"Yes." '],
    ..."새벽의 바닷가. 여우가 걷습니다。|こんにちは。|「はい。」|Привет! |مرحبا؟ |🦊|👨‍👩‍👧|é".split(
      "|",
    ),
  ),
  { maxLength: 120 },
).map((parts) => parts.join(""));
const limit = fc.integer({ min: 4, max: 200 });

Deno.test("splitText() keeps every piece within the limit and never empty", () => {
  fc.assert(fc.property(fc.oneof(anyText, prose), limit, (text, max) => {
    for (const piece of splitText(text, max)) {
      assert.ok(bytesOf(piece) <= max, `${bytesOf(piece)} > ${max}`);
      assert.ok(piece !== "" && piece === piece.trim());
    }
  }));
});

Deno.test("splitText() loses nothing but white space", () => {
  fc.assert(fc.property(fc.oneof(anyText, prose), limit, (text, max) => {
    assert.equal(bare(splitText(text, max).join("")), bare(text));
  }));
});

Deno.test("splitText() never cuts inside a code point", () => {
  fc.assert(fc.property(fc.oneof(anyText, prose), limit, (text, max) => {
    for (const piece of splitText(text, max)) assert.ok(piece.isWellFormed());
  }));
});

Deno.test("splitText() leaves a text that fits whole, but for the white space around it", () => {
  fc.assert(fc.property(prose, (text) => {
    const trimmed = text.trim();
    assert.deepEqual(splitText(text, bytesOf(trimmed) + 4), trimmed === "" ? [] : [trimmed]);
  }));
});

Deno.test("splitText() cuts between words only when no word is too long", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,10}$/), { minLength: 1, maxLength: 80 });
  fc.assert(fc.property(words, (list) => {
    assert.deepEqual(splitText(list.join(" "), 12).flatMap((piece) => piece.split(" ")), list);
  }));
});

const CASES: readonly (readonly [string, string, number, readonly string[]])[] = [
  ["the sentences are English", "One two. Three four. Five six.", 21, [
    "One two. Three four.",
    "Five six.",
  ]],
  ["a number holds a point", "It is 3.14 metres. Go on.", 20, ["It is 3.14 metres.", "Go on."]],
  ["a quotation closes the sentence", '"Go!" he said. "Now."', 16, ['"Go!" he said.', '"Now."']],
  ["the sentences are Japanese", "はい。いいえ。たぶん。", 30, ["はい。いいえ。", "たぶん。"]],
  ["a Japanese quotation closes", "「はい。」「いいえ。」", 18, ["「はい。」", "「いいえ。」"]],
  ["the sentences are Korean", "안녕하세요. 반갑습니다.", 20, ["안녕하세요.", "반갑습니다."]],
  ["the lines have no stops", "first line\nsecond line", 15, ["first line", "second line"]],
  ["there are only words", "alpha beta gamma", 11, ["alpha beta", "gamma"]],
  ["there are no words", "🦊🦊🦊", 9, ["🦊🦊", "🦊"]],
  ["there is only white space", " \n\t ", 10, []],
];

for (const [when, text, max, expected] of CASES) {
  Deno.test(`splitText() cuts at the best place when ${when}`, () => {
    assert.deepEqual(splitText(text, max), expected);
  });
}

Deno.test("splitText() takes a million characters without a stop in less than a second", () => {
  const started = performance.now();
  const pieces = splitText("여우".repeat(500_000), 5000);
  assert.equal(pieces.length, Math.ceil(1_000_000 / 1666));
  assert.ok(performance.now() - started < 1000);
});

Deno.test("splitText() throws RangeError when a code point may not fit", () => {
  assert.throws(() => splitText("a", 3), RangeError);
});
