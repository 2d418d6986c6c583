import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGemini } from "../../supabase/functions/_shared/providers/gemini.ts";
import { createKeyRing } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import type { LanguageModel } from "../../supabase/functions/_shared/providers/language_model.ts";
import { createOpenAi } from "../../supabase/functions/_shared/providers/openai.ts";
import {
  fillTemplate,
  polishPrompt,
} from "../../supabase/functions/_shared/providers/prompt_polish.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { createOpenAiSimulator } from "../../supabase/local/providers/openai.ts";
import { type Served, serveSimulator } from "./harness.ts";

const TEMPLATE = "{subject} dances in {place}, {style}";
const VALUES = { subject: "A shy robot", place: "the rain", style: "film noir" };
const FILLED = "A shy robot dances in the rain, film noir";

const MODELS = [
  { provider: "openai", endpoint: "gpt-6-luna" },
  { provider: "gemini", endpoint: "gemini-3.5-flash-lite" },
];

/** Both vendors at their simulators; those not in `keys` have none. */
async function setUp(keys: readonly string[]) {
  const openai = await serveSimulator("openai", createOpenAiSimulator);
  const gemini = await serveSimulator("gemini", createGeminiSimulator);
  const makers: Readonly<Record<string, () => LanguageModel>> = {
    openai: () => createOpenAi({ apiKey: "sk-any", baseUrl: `${openai.url}/v1`, log: openai.log }),
    gemini: () =>
      createGemini({
        apiKeys: ["any"],
        baseUrl: gemini.url,
        log: gemini.log,
        keys: createKeyRing(),
      }),
  };
  const polish = (more: { maxChars?: number; signal?: AbortSignal } = {}) =>
    polishPrompt({
      template: TEMPLATE,
      values: VALUES,
      models: MODELS,
      log: openai.log,
      create: (provider) => {
        const make = keys.includes(provider) ? makers[provider] : undefined;
        if (make !== undefined) return make();
        throw new AppError("PROVIDER_NOT_CONFIGURED", `Cannot use ${provider}: no key`);
      },
      ...(more.maxChars === undefined ? {} : { maxChars: more.maxChars }),
    }, more.signal === undefined ? {} : { signal: more.signal });
  return {
    openai,
    gemini,
    polish,
    async [Symbol.asyncDispose]() {
      await openai[Symbol.asyncDispose]();
      await gemini[Symbol.asyncDispose]();
    },
  };
}

const callsOf = ({ openai, gemini }: { openai: Served; gemini: Served }) => [
  openai.calls.length,
  gemini.calls.length,
];

for (const [keys, calls] of [[["openai", "gemini"], [1, 0]], [["gemini"], [0, 1]]] as const) {
  Deno.test(`polishPrompt() gives a model's prompt when ${keys.join(" and ")} have keys`, async () => {
    await using vendors = await setUp(keys);
    const { prompt, by } = await vendors.polish();
    assert.equal(by, "model");
    assert.ok(prompt.length >= 10 && prompt.length <= 1000 && !prompt.includes("\n"), prompt);
    assert.deepEqual(callsOf(vendors), calls);
    const [call] = [...vendors.openai.calls, ...vendors.gemini.calls];
    assert.match(call?.body ?? "", /A shy robot dances in the rain/);
  });
}

Deno.test("polishPrompt() gives the template when nobody has a key, and asks nobody", async () => {
  await using vendors = await setUp([]);
  assert.deepEqual(await vendors.polish(), { prompt: FILLED, by: "template" });
  assert.deepEqual(callsOf(vendors), [0, 0]);
  assert.deepEqual(vendors.openai.lines, []);
});

for (const fault of ["refuse", "filtered", "bad_key", "no_credit"]) {
  Deno.test(`polishPrompt() gives the template, and pays no second vendor, when OpenAI plays ${fault}`, async () => {
    await using vendors = await setUp(["openai", "gemini"]);
    vendors.openai.fault(fault);
    assert.deepEqual(await vendors.polish(), { prompt: FILLED, by: "template" });
    assert.equal(callsOf(vendors)[1], 0);
    assert.doesNotMatch(JSON.stringify(vendors.openai.lines), /robot|rain|noir/);
  });
}

for (const fault of ["http_503", "rate_limited", "drop"]) {
  Deno.test(`polishPrompt() asks the next model when OpenAI plays ${fault}`, async () => {
    await using vendors = await setUp(["openai", "gemini"]);
    vendors.openai.fault(fault);
    assert.equal((await vendors.polish()).by, "model");
    assert.deepEqual(callsOf(vendors), [1, 1]);
  });
}

Deno.test("polishPrompt() gives the template when every model is down or writes what does not fit", async () => {
  await using vendors = await setUp(["openai", "gemini"]);
  vendors.openai.fault("http_500");
  vendors.gemini.fault("wrong_shape");
  assert.deepEqual(await vendors.polish(), { prompt: FILLED, by: "template" });
});

Deno.test("polishPrompt() gives the template when the caller has no time left", async () => {
  await using vendors = await setUp(["openai", "gemini"]);
  const { by } = await vendors.polish({ signal: AbortSignal.abort() });
  assert.equal(by, "template");
});

Deno.test("polishPrompt() keeps to the length, by whole words", async () => {
  await using vendors = await setUp([]);
  assert.equal((await vendors.polish({ maxChars: 20 })).prompt, "A shy robot dances");
  assert.equal((await vendors.polish({ maxChars: 18 })).prompt, "A shy robot dances");
});

Deno.test("fillTemplate() leaves out places without a value, with their commas", () => {
  assert.equal(fillTemplate("{a}, {b}, {c}.", { a: "x", b: " ", c: "z" }), "x, z.");
  assert.equal(fillTemplate("{a}, {b}", { b: "y" }), "y");
  assert.equal(fillTemplate("{a}, {b}", { a: "x" }), "x");
  assert.equal(fillTemplate("{constructor}", {}), "");
});

Deno.test("fillTemplate() takes a value that looks like a place as text", () => {
  assert.equal(fillTemplate("{a} {b}", { a: "{b}", b: "y" }), "{b} y");
  assert.equal(fillTemplate("{a}", { a: "$& $1" }), "$& $1");
});

Deno.test("polishPrompt() never throws, and gives one line within the length, whatever it is given", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(text, text, fc.integer({ min: 1, max: 60 }), async (a, b, maxChars) => {
      const { prompt, by } = await polishPrompt({
        template: `${a}{x}`,
        values: { x: b },
        maxChars,
        models: [],
        log: { info() {}, error() {}, with: () => assert.fail() },
      });
      assert.equal(by, "template");
      assert.ok(prompt.length <= maxChars && !/[\n\r]/.test(prompt) && prompt.isWellFormed());
    }),
  );
});
