import assert from "node:assert/strict";
import type { CastMember } from "../../supabase/local/film/cast.ts";
import { createCastDialog, readAnswer } from "../../supabase/local/film/cast_dialog.ts";

const member = (name: string): CastMember => ({
  id: name,
  name,
  description:
    `${name}, in a blue coat that was patched so often that nobody knows its first cloth`,
  voice_id: null,
  image_url: `http://127.0.0.1:1/${name.length}.png`,
  image_model: "gemini-nano-banana-2.1",
});
const cast = [member("Mina"), member("Min"), member("할아버지")];

/** Talks with somebody who answers these lines, and gives all that was said. */
async function talk(lines: readonly string[], note?: string) {
  const said: string[] = [];
  const left = [...lines];
  const dialog = createCastDialog({
    say: (text) => said.push(text),
    ask: () => Promise.resolve(left.shift() ?? null),
  });
  return { answer: await dialog(cast, note), said, left };
}

Deno.test("readAnswer() takes y, q and r with a name or its beginning, in any case", () => {
  for (const yes of ["y", " Y ", "yes"]) {
    assert.deepEqual(readAnswer(yes, cast), { kind: "confirm" });
  }
  for (const no of ["q", "quit"]) assert.deepEqual(readAnswer(no, cast), { kind: "keep" });
  for (
    const [line, name] of [["r Mina", "Mina"], ["R min", "Min"], ["r  할아", "할아버지"], [
      "r 할아버지".normalize("NFD"),
      "할아버지",
    ]] as const
  ) {
    const answer = readAnswer(line, cast);
    assert.ok(typeof answer !== "string" && answer.kind === "reroll", String(answer));
    assert.equal(answer.member.name, name);
  }
});

Deno.test("readAnswer() says what is wrong with anything else", () => {
  assert.match(String(readAnswer("", cast)), /Cannot understand/);
  assert.match(String(readAnswer("no", cast)), /Cannot understand "no"/);
  assert.match(String(readAnswer("r", cast)), /Mina, Min, 할아버지/);
  assert.match(String(readAnswer("r Noor", cast)), /There is no "Noor".*Mina, Min, 할아버지/);
});

Deno.test("createCastDialog() shows name, look, voice and picture of each, and asks until it understands", async () => {
  const { answer, said, left } = await talk(["what?", "r", "y", "q"]);
  assert.deepEqual(answer, { kind: "confirm" });
  assert.deepEqual(left, ["q"]);
  assert.equal(said.length, 3);
  for (const { name, image_url } of cast) {
    assert.ok(said[0]?.includes(`${name}: ${image_url}`), `where is ${name}?\n${said[0]}`);
  }
  assert.match(said[0] ?? "", /Mina .* in a blue coat .* the narrator/);
});

Deno.test("createCastDialog() tells what went wrong last, and keeps when nobody answers", async () => {
  const { answer, said } = await talk([], "Cannot draw Mina anew");
  assert.deepEqual(answer, { kind: "keep" });
  assert.equal(said[0], "Cannot draw Mina anew");
});
