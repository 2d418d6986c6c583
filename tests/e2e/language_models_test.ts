import assert from "node:assert/strict";
import { StudioError } from "../../shared/mod.ts";
import { signUpDemoUser } from "../../supabase/local/film/demo_user.ts";
import type { LoggedCall } from "../../supabase/local/providers/simulator.ts";
import { startStack } from "../../supabase/local/stack.ts";
import { as, ledgerOf, post, providerCalls, setFault, signUp, uniqueWord } from "./studio.ts";

for (const model of ["gpt-6-luna", "gpt-5.6-luna"]) {
  Deno.test(`generate-script writes by ${model} at OpenAI when it is asked for`, async () => {
    const user = await signUp();
    const word = uniqueWord();
    const { project, scenes, credits_charged } = await user.studio.call("generate-script", {
      prompt: `A story of ${word}`,
      options: { model, scene_count: 3 },
    });
    assert.deepEqual(scenes.map((scene) => scene.index), [1, 2, 3]);
    assert.match(JSON.stringify([project, scenes]), new RegExp(word));
    assert.equal(credits_charged, 1);
    const [call] = await providerCalls("openai", "create_response", word);
    assert.equal(JSON.parse(call?.body ?? "{}").model, model);
    assert.equal((await providerCalls("gemini", "generate_content", word)).length, 0);
  });
}

for (
  const [kind, status, code] of [
    ["refuse", 422, "CONTENT_REFUSED"],
    ["no_credit", 502, "PROVIDER_REJECTED"],
    ["rate_limited", 503, "PROVIDER_RATE_LIMITED"],
    ["failed", 502, "PROVIDER_UNAVAILABLE"],
  ] as const
) {
  Deno.test(`promise 4: generate-script says ${code} and gives the credits back when OpenAI plays ${kind}`, async () => {
    const user = await signUp();
    const word = uniqueWord();
    await setFault({ provider: "openai", kind, matching: word });
    const answer = await post("generate-script", {
      prompt: `A story of ${word}`,
      options: { model: "gpt-6-luna" },
    }, as(user));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json["code"], code);
    const { balance, refunds } = await ledgerOf(user.id);
    assert.deepEqual({ balance, refunds }, { balance: 500, refunds: 1 });
    assert.equal((await providerCalls("openai", "create_response", word)).length, 1);
  });
}

Deno.test("generate-script turns to no other vendor unless one is configured", async () => {
  const user = await signUp();
  const word = uniqueWord();
  await setFault({ provider: "gemini", kind: "http_503", matching: word });
  const answer = await post("generate-script", { prompt: `A story of ${word}` }, as(user));
  assert.equal(answer.json["code"], "PROVIDER_UNAVAILABLE", answer.text);
  assert.equal((await providerCalls("openai", "create_response", word)).length, 0);
});

Deno.test("generate-script turns to SCRIPT_FALLBACK_MODEL when the first model is out of reach, and only then", async () => {
  const dir = await Deno.makeTempDir({ prefix: "fallback-" });
  const stack = await startStack({
    dir,
    ports: { api: 0, postgres: 0, providers: 0 },
    workers: 1,
    cron: false,
    env: { SCRIPT_FALLBACK_MODEL: "gpt-6-luna" },
  });
  const control = (path: string, init: RequestInit = {}) =>
    fetch(`${stack.providers.url}/_control${path}`, init);
  try {
    const { studio } = await signUpDemoUser({
      url: stack.url,
      publishable: stack.keys.publishable,
    });
    try {
      const write = async (faults: Readonly<Record<string, string>>) => {
        const word = uniqueWord();
        for (const [provider, kind] of Object.entries(faults)) {
          const body = JSON.stringify({ provider, kind, matching: word });
          await (await control("/faults", { method: "POST", body })).body?.cancel();
        }
        const outcome = await studio.call("generate-script", {
          prompt: `A story of ${word}`,
          options: { scene_count: 1 },
        }).then(({ credits_charged }) => `charged ${credits_charged}`, (error: unknown) => {
          assert.ok(error instanceof StudioError);
          return error.code;
        });
        const { calls }: { calls: LoggedCall[] } = await (await control("/calls")).json();
        // Moderation, which looks at every prompt first, writes nothing.
        const asked = calls.filter((call) => call.body.includes(word))
          .filter((call) => call.operation !== "create_moderation").map((call) => call.provider);
        return [outcome, ...asked];
      };
      assert.deepEqual(await write({}), ["charged 1", "gemini"]);
      assert.deepEqual(await write({ gemini: "http_503" }), ["charged 1", "gemini", "openai"]);
      assert.deepEqual(await write({ gemini: "drop" }), ["charged 1", "gemini", "openai"]);
      assert.deepEqual(await write({ gemini: "refuse" }), ["CONTENT_REFUSED", "gemini"]);
      assert.deepEqual(await write({ gemini: "http_503", openai: "no_credit" }), [
        "PROVIDER_REJECTED",
        "gemini",
        "openai",
      ]);
      assert.deepEqual(await write({ gemini: "rate_limited" }), ["charged 1", "gemini", "openai"]);
      // The only key rests now: Gemini is not even asked.
      assert.deepEqual(await write({}), ["charged 1", "openai"]);
    } finally {
      await studio.supabase.auth.stopAutoRefresh();
    }
  } finally {
    await stack.stop();
    await Deno.remove(dir, { recursive: true });
  }
});
