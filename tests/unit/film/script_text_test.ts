import assert from "node:assert/strict";
import { Fountain } from "fountain-js";
import {
  type ScriptSource,
  writeFountain,
  writeScriptText,
} from "../../../supabase/functions/_shared/film/script_text.ts";

function scriptOf(scenes: readonly Partial<ScriptSource["scenes"][number]>[]): ScriptSource {
  return {
    title: "The lantern",
    description: "A lighthouse learns to dance.",
    date: "2026-11-21",
    scenes: scenes.map((scene, at) => ({
      index: at + 1,
      title: "Dusk",
      plot: "A lighthouse at dusk.",
      text: "The lamp wakes.",
      ...scene,
    })),
  };
}

/** Tokens of a screenplay, by another program. Emphasis that it found would be tags. */
function read(script: ScriptSource) {
  const { tokens } = new Fountain().parse(writeFountain(script), true);
  const textsOf = (type: string) =>
    tokens.filter((token) => token.type === type).map((token) =>
      (token.text ?? "").replace(/\\([\\*_])/g, "$1").replaceAll("\u2060", "")
    );
  return { tokens, textsOf };
}

Deno.test("writeFountain() writes title, numbered headings, action and the narrator's words", () => {
  const { tokens, textsOf } = read(
    scriptOf([{}, { title: "", plot: "", text: "It looks around." }]),
  );
  assert.deepEqual(textsOf("title"), ["The lantern"]);
  assert.deepEqual(textsOf("draft_date"), ["2026-11-21"]);
  assert.deepEqual(textsOf("synopsis"), ["A lighthouse learns to dance."]);
  assert.deepEqual(textsOf("scene_heading"), ["SCENE 1 - Dusk", "SCENE 2"]);
  assert.deepEqual(
    tokens.flatMap(({ scene_number }) => scene_number === undefined ? [] : [scene_number]),
    ["1", "2"],
  );
  assert.deepEqual(textsOf("action"), ["A lighthouse at dusk."]);
  assert.deepEqual(textsOf("character"), ["NARRATOR (V.O.)", "NARRATOR (V.O.)"]);
  assert.deepEqual(textsOf("dialogue"), ["The lamp wakes.", "It looks around."]);
});

/** Text that a screenwriting program would take for something else. */
const TRAPS = [
  "INT. KITCHEN - NIGHT",
  ".FORCED HEADING",
  "CUT TO:",
  "> FADE OUT.",
  "# Act one",
  "= A synopsis",
  "===",
  "JOHN",
  "@john",
  "!loud",
  "*bold* _under_ **very** \\n",
  "a [[note]] and /* a boneyard */ end",
  "Title: Another one",
];

for (const trap of TRAPS) {
  Deno.test(`writeFountain() keeps plot and words as they are when they say ${trap}`, () => {
    const { tokens, textsOf } = read(
      scriptOf([{ title: trap, plot: trap, text: `Hear: ${trap}` }, {}]),
    );
    assert.equal(textsOf("scene_heading").length, 2);
    assert.deepEqual(textsOf("action"), [trap, "A lighthouse at dusk."]);
    assert.deepEqual(textsOf("dialogue"), [`Hear: ${trap}`, "The lamp wakes."]);
    const found = new Set(tokens.map(({ type }) => type));
    for (const type of ["transition", "section", "note", "boneyard", "page_break", "lyrics"]) {
      assert.ok(!found.has(type), type);
    }
  });
}

for (const words of ["(softly)", "~ a song", "MARY", "@mary", "!go", "1. One"]) {
  Deno.test(`writeFountain() lets the narrator say ${words}`, () => {
    const { textsOf } = read(scriptOf([{ text: words }]));
    assert.deepEqual(textsOf("dialogue"), [words]);
    assert.deepEqual(textsOf("parenthetical"), []);
  });
}

Deno.test("writeFountain() keeps paragraphs of a text in one speech", () => {
  const { textsOf } = read(scriptOf([{ plot: "One.\n\nTwo.", text: "First.\r\n\r\nSecond." }]));
  assert.deepEqual(textsOf("dialogue"), ["First.\nSecond."]);
  assert.deepEqual(textsOf("action"), ["One.", "Two."]);
});

Deno.test("writeFountain() keeps Korean and Hebrew", () => {
  const text = "밤이 항구 위로 내려앉는다.";
  const plot = "הלילה יורד על הנמל.";
  const { textsOf } = read(scriptOf([{ title: "황혼", text, plot }]));
  assert.deepEqual(textsOf("scene_heading"), ["SCENE 1 - 황혼"]);
  assert.deepEqual([textsOf("dialogue"), textsOf("action")], [[text], [plot]]);
});

Deno.test("writeScriptText() writes the script as people read it", () => {
  assert.equal(
    writeScriptText(scriptOf([{}, { title: "", plot: "" }])),
    "The lantern\nA lighthouse learns to dance.\n2026-11-21\n\n" +
      "1. Dusk\n[A lighthouse at dusk.]\nThe lamp wakes.\n\n2.\nThe lamp wakes.\n",
  );
});
