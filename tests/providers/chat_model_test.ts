import assert from "node:assert/strict";
import { isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createChatModel } from "../../supabase/functions/_shared/providers/chat_model.ts";
import { keyHash } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { createOpenAiSimulator } from "../../supabase/local/providers/openai.ts";
import { withFakeEnv } from "../fakes/fake_env.ts";
import { type Served, serveSimulator } from "./harness.ts";

const GEMINI = { provider: "gemini", endpoint: "gemini-3.8-flash" };
const OPENAI = { provider: "openai", endpoint: "gpt-6-luna" };

/** Asks with one tool, and gives what was said and what the tool was asked. */
async function ask(served: Served, choices = [GEMINI, OPENAI]) {
  const signal = new AbortController().signal;
  const chat = createChatModel(choices, { signal, timeoutMs: 10_000, log: served.log });
  const asked: unknown[] = [];
  let failure: unknown;
  const result = streamText({
    model: chat.model,
    providerOptions: chat.providerOptions,
    instructions: "You are a director.",
    prompt: "What time is it?",
    tools: {
      clock: tool({
        description: "Tells the time",
        inputSchema: z.strictObject({ city: z.string() }),
        execute: (input) => {
          asked.push(input);
          return { time: "noon" };
        },
      }),
    },
    stopWhen: isStepCount(4),
    maxRetries: 0,
    onError: ({ error }) => {
      failure = error;
    },
  });
  const said: string[] = [];
  for await (const piece of result.textStream) said.push(piece);
  if (failure !== undefined) throw failure;
  return { said, asked, provider: chat.provider, usage: await result.totalUsage };
}

const SCRIPT = {
  matching: "What time is it?",
  steps: [
    { text: ["Let me ", "see. "], calls: [{ name: "clock", args: { city: "Seoul" } }] },
    { text: ["It is ", "noon."] },
  ],
};

/** Keys that no other test has used up: what is known of them outlives a test. */
const freshKeys = () => [crypto.randomUUID(), crypto.randomUUID()] as const;

Deno.test("createChatModel() streams text and tool calls of Gemini, with its thought signatures, over two steps", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  served.direct(SCRIPT);
  const env = { GEMINI_API_KEY: freshKeys()[0], GEMINI_BASE_URL: served.url };
  const { said, asked, usage } = await withFakeEnv(env, () => ask(served));
  assert.deepEqual([said, asked], [["Let me ", "see. ", "It is ", "noon."], [{ city: "Seoul" }]]);
  assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 0) > 0);
  assert.deepEqual(served.calls.map(({ operation, status }) => [operation, status]), [
    ["stream_generate_content", 200],
    ["stream_generate_content", 200],
  ]);
  const lines = served.lines.filter(({ event }) => event === "outbound");
  assert.deepEqual(lines.map(({ operation }) => operation), [
    "stream_generate_content",
    "stream_generate_content",
  ]);
});

Deno.test("createChatModel() loses no turn when one of two Gemini keys is used up, and tries it no second time", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  const [spent, good] = freshKeys();
  served.fault("quota_day", { matching: await keyHash(spent) });
  served.direct({ ...SCRIPT, repeats: true });
  const env = { GEMINI_API_KEYS: `${spent},${good}`, GEMINI_BASE_URL: served.url };
  const { said } = await withFakeEnv(env, () => ask(served));
  assert.equal(said.at(-1), "noon.");
  const hashes = [await keyHash(spent), await keyHash(good)];
  assert.deepEqual(served.calls.map(({ keyHash: hash }) => hashes.indexOf(hash ?? "")), [0, 1, 1]);
  const text = JSON.stringify(served.lines);
  assert.ok(!text.includes(spent) && !text.includes(good));
});

Deno.test("createChatModel() says PROVIDER_RATE_LIMITED when every key is used up", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  served.fault("rate_limited", { delayMs: 30_000 });
  const env = { GEMINI_API_KEYS: freshKeys().join(), GEMINI_BASE_URL: served.url };
  await assert.rejects(withFakeEnv(env, () => ask(served)), (error) => {
    assert.ok(error instanceof AppError);
    assert.deepEqual([error.code, error.retryAfterSeconds], ["PROVIDER_RATE_LIMITED", 30]);
    return true;
  });
});

Deno.test("createChatModel() talks to OpenAI when Gemini has no key", async () => {
  await using served = await serveSimulator("openai", createOpenAiSimulator);
  served.direct(SCRIPT);
  const env = { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${served.url}/v1` };
  const { said, asked, provider, usage } = await withFakeEnv(env, () => ask(served));
  assert.equal(provider, "openai");
  assert.deepEqual([said, asked], [["Let me ", "see. ", "It is ", "noon."], [{ city: "Seoul" }]]);
  assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 0) > 0);
  const bodies = served.calls.map(({ body }) => JSON.parse(body));
  assert.deepEqual(bodies.map(({ stream, store }) => [stream, store]), [[true, false], [
    true,
    false,
  ]]);
});

Deno.test("createChatModel() names the first provider's variable when none has a key", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  await assert.rejects(withFakeEnv({}, () => ask(served)), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "PROVIDER_NOT_CONFIGURED");
    assert.match(error.message, /GEMINI_API_KEYS/);
    return true;
  });
});

Deno.test("the simulated Gemini streams events as Google does, and refuses turns that Google refuses", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  const call = async (contents: unknown) => {
    const response = await fetch(
      `${served.url}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse`,
      {
        method: "POST",
        headers: { "x-goog-api-key": "key" },
        body: JSON.stringify({ contents, tools: [{ functionDeclarations: [{ name: "clock" }] }] }),
      },
    );
    return { status: response.status, text: await response.text() };
  };
  const user = { role: "user", parts: [{ text: "What is there?" }] };
  const { text } = await call([user]);
  assert.ok(text.endsWith("\r\n\r\n") && !text.includes("[DONE]"));
  const events = text.trimEnd().split("\r\n\r\n").map((event) => JSON.parse(event.slice(6)));
  assert.ok(events.length > 2);
  assert.deepEqual(
    events.map(({ usageMetadata }) => usageMetadata !== undefined).indexOf(true),
    events.length - 1,
  );
  assert.equal(events.at(-1).candidates[0].finishReason, "STOP");
  const functionCall = { functionCall: { name: "clock", args: {} } };
  const functionResponse = { functionResponse: { name: "clock", response: { time: "noon" } } };
  const unsigned = await call([
    user,
    { role: "model", parts: [functionCall] },
    { role: "user", parts: [functionResponse] },
  ]);
  assert.equal(unsigned.status, 400);
  assert.match(unsigned.text, /missing a thought_signature/);
  const unequal = await call([
    user,
    { role: "model", parts: [{ ...functionCall, thoughtSignature: "c2ln" }, functionCall] },
    { role: "user", parts: [functionResponse] },
  ]);
  assert.match(unequal.text, /number of function response parts is equal/);
});
