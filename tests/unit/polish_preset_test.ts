import assert from "node:assert/strict";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import { polishPresets } from "../../supabase/functions/_shared/polish_preset.ts";
import { modelOf } from "../factories.ts";
import { withFakeEnv } from "../fakes/fake_env.ts";

const models = [
  modelOf({ id: "writer", kind: "script", provider: "gemini" }),
  modelOf({ id: "other", kind: "script", provider: "openai", is_default: false }),
  modelOf(),
];
const quiet = { log: createLog({}, () => {}), preferred: null };
const signal = new AbortController().signal;

Deno.test("polishPresets() gives the templates as they are when no language model has a key", async () => {
  await withFakeEnv({ KIE_API_KEY: "a-key" }, async () => {
    const texts = await polishPresets(["one", "two", "one"], { models, signal, ...quiet });
    assert.deepEqual([...texts], [
      ["one", { prompt: "one", by: "template" }],
      ["two", { prompt: "two", by: "template" }],
    ]);
  });
});

Deno.test("polishPresets() gives the templates as they are when the model can't be reached", async () => {
  // Tests have no network: whoever is asked does not answer.
  for (const key of ["GEMINI_API_KEY", "OPENAI_API_KEY"]) {
    await withFakeEnv({ [key]: "a-key" }, async () => {
      const texts = await polishPresets(["one"], { models, signal, ...quiet });
      assert.deepEqual(texts.get("one"), { prompt: "one", by: "template" });
    });
  }
});

Deno.test("polishPresets() asks nobody for more than four texts", async () => {
  const lines: string[] = [];
  const log = createLog({}, (line) => lines.push(line));
  await withFakeEnv({ GEMINI_API_KEY: "a-key" }, async () => {
    const many = ["1", "2", "3", "4", "5"];
    const texts = await polishPresets(many, { models, signal, log, preferred: null });
    assert.deepEqual([...texts.values()].map(({ by }) => by), many.map(() => "template"));
    assert.deepEqual(lines, []);
  });
});
