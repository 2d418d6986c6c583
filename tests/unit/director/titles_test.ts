import assert from "node:assert/strict";
import { named, quoted } from "../../../supabase/functions/_shared/director/titles.ts";

Deno.test("quoted() keeps a name on one line, in order, within its quotation marks, and short", () => {
  assert.equal(quoted("Mina"), "“Mina”");
  assert.equal(quoted(" a\r\n\tb\u2028c\u202ed\u0000e "), "“a b c d e”");
  assert.equal(quoted("x” for 0 credits: “y"), "“x' for 0 credits: 'y”");
  assert.equal(quoted("👩‍🎤".repeat(2)), "“👩‍🎤👩‍🎤”");
  assert.equal(quoted("\u{1f6a2}".repeat(61)), `“${"\u{1f6a2}".repeat(60)}…”`);
});

Deno.test("named() says a scene's number first, and its title when there is one", () => {
  assert.equal(named({ index: 3, title: " " }), "scene 3");
  assert.equal(named({ index: 3, title: "Dawn" }), "scene 3 (“Dawn”)");
});
