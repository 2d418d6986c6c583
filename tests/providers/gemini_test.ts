import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGemini } from "../../supabase/functions/_shared/providers/gemini.ts";
import { createKeyRing } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import type { CreateSimulator } from "../../supabase/local/providers/simulator.ts";
import { type Served, serveSimulator } from "./harness.ts";

const SCRIPT = z.object({
  title: z.string().trim().min(1).max(120),
  description: z.string().trim().min(1).max(600),
  scenes: z.array(z.object({
    index: z.int().min(1),
    title: z.string().min(1).max(120),
    text: z.string().min(1).max(1500).describe("What the narrator says"),
    plot: z.string().min(1).max(1000),
    notes: z.string().nullable(),
  })).length(4),
});

const REQUEST = {
  model: "gemini-3.8-flash",
  schema: SCRIPT,
  system: "You write films. Write exactly 4 scenes.",
  prompt: "A lighthouse keeper befriends a whale",
};

const KEY = "secret-key-one";

async function setUp(
  over: { apiKeys?: readonly string[]; timeoutMs?: number; now?: () => number } = {},
  create: CreateSimulator = createGeminiSimulator,
) {
  const served = await serveSimulator("gemini", create);
  const model = createGemini({
    apiKeys: [KEY],
    baseUrl: served.url,
    log: served.log,
    // Each test's own: what one learns of a key is nothing to the others.
    keys: createKeyRing(over.now),
    ...over,
  });
  return { served, model };
}

/** A simulator that answers 200 with the same body to everything, and records the bodies it gets. */
const answering = (body: unknown): CreateSimulator => (context) => ({
  name: "gemini",
  async handle(request, path) {
    const asked = await request.text();
    context.record({
      operation: "generate_content",
      method: request.method,
      path,
      body: asked,
      status: 200,
      fault: null,
      taskId: null,
    });
    return Response.json(body);
  },
});

const candidate = (text: string, finishReason: string) => ({
  candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason, index: 0 }],
});

const bodies = (served: Served) => served.calls.map((call) => JSON.parse(call.body));

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

Deno.test("generateObject() gives a value that fits the schema", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  const script = await model.generateObject(REQUEST);
  assert.deepEqual(SCRIPT.parse(script), script);
  assert.deepEqual(script.scenes.map((scene) => scene.index), [1, 2, 3, 4]);
  assert.match(JSON.stringify(script), /whale/);
  assert.equal(served.calls.length, 1);
});

Deno.test("generateObject() sends schema, system and prompt, and nothing else", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  await model.generateObject({ ...REQUEST, schema: z.object({ title: z.string(), n: z.int() }) });
  assert.equal(served.calls[0]?.path, "/v1beta/models/gemini-3.8-flash:generateContent");
  assert.deepEqual(bodies(served)[0], {
    generationConfig: {
      responseMimeType: "application/json",
      responseJsonSchema: {
        type: "object",
        properties: { title: { type: "string" }, n: { type: "integer" } },
        required: ["title", "n"],
      },
    },
    contents: [{ role: "user", parts: [{ text: REQUEST.prompt }] }],
    systemInstruction: { parts: [{ text: REQUEST.system }] },
  });
});

Deno.test("generateObject() applies the schema's transforms", async () => {
  const { served, model } = await setUp({}, answering(candidate('{"title":"  Fox "}', "STOP")));
  await using _ = served;
  const schema = z.object({ title: z.string().trim().transform((text) => text.toUpperCase()) });
  assert.deepEqual(await model.generateObject({ ...REQUEST, schema }), { title: "FOX" });
});

Deno.test("generateObject() names the faults in the second question, and ends it with the user", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("too_many_scenes", { times: 1 });
  await model.generateObject(REQUEST);
  const { contents } = bodies(served)[1];
  assert.deepEqual(contents.map((turn: { role: string }) => turn.role), ["user", "model", "user"]);
  assert.match(contents[2].parts[0].text, /- scenes: /);
  assert.ok(contents[1].parts[0].text.length <= 8000);
});

for (const finishReason of ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"]) {
  Deno.test(`generateObject() throws CONTENT_REFUSED when the answer ends with ${finishReason}`, async () => {
    for (const text of ["", '{"title":"half']) {
      const { served, model } = await setUp({}, answering(candidate(text, finishReason)));
      await using _ = served;
      await assert.rejects(model.generateObject(REQUEST), hasCode("CONTENT_REFUSED"));
      assert.equal(served.calls.length, 1);
    }
  });
}

Deno.test("generateObject() takes the wait from the body's RetryInfo", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("rate_limited", { delayMs: 4200 });
  await assert.rejects(
    model.generateObject(REQUEST),
    (error) => error instanceof AppError && error.retryAfterSeconds === 5,
  );
});

Deno.test("generateObject() waits until midnight Pacific when the day's quota is used up", async () => {
  // 2026-11-21 20:00 in California (UTC-8).
  const now = () => Date.parse("2026-11-22T04:00:00Z");
  const { served, model } = await setUp({ now });
  await using _ = served;
  served.fault("quota_day");
  await assert.rejects(
    model.generateObject(REQUEST),
    (error) => error instanceof AppError && error.retryAfterSeconds === 4 * 3600,
  );
});

Deno.test("generateObject() tries no other key when the failure is not a quota", async () => {
  const { served, model } = await setUp({ apiKeys: ["key-a", "key-b"] });
  await using _ = served;
  served.fault("http_503");
  await assert.rejects(model.generateObject(REQUEST), hasCode("PROVIDER_UNAVAILABLE"));
  assert.equal(served.calls.length, 1);
});

for (const model of ["gemini-2.0-flash", "no-such-model"]) {
  Deno.test(`generateObject() throws PROVIDER_REJECTED with a hint when the model is ${model}`, async () => {
    const { served, model: gemini } = await setUp();
    await using _ = served;
    await assert.rejects(gemini.generateObject({ ...REQUEST, model }), (error) => {
      assert.ok(error instanceof AppError && error.code === "PROVIDER_REJECTED");
      assert.match(error.hint ?? "", /no longer offered/);
      return true;
    });
  });
}

Deno.test("generateObject() cleans what can't be stored from every string", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("hostile_text");
  const schema = z.object({ title: z.string(), scenes: z.array(z.object({ text: z.string() })) });
  const value = await model.generateObject({ ...REQUEST, schema });
  const text = JSON.stringify(value);
  assert.equal(served.calls.length, 1);
  assert.ok(value.title.length > 90_000);
  // deno-lint-ignore no-control-regex -- these are what must be gone
  assert.doesNotMatch(text, /\\u0000|[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
  assert.ok(text.isWellFormed() && !/\\ud8/.test(text));
  assert.match(text, /<script>/);
});

Deno.test("generateObject() refuses a 100,000-character title by the schema's limit", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("hostile_text", { times: 1 });
  SCRIPT.parse(await model.generateObject(REQUEST));
  assert.equal(served.calls.length, 2);
});

Deno.test("generateObject() never shows a key, in errors or in the log", async () => {
  // An answer that quotes the key back, as some proxies do.
  const { served, model } = await setUp({}, (context) => ({
    name: "gemini",
    handle(request) {
      const key = request.headers.get("x-goog-api-key");
      context.record({
        operation: "generate_content",
        method: "POST",
        path: "",
        body: "",
        status: 400,
        fault: null,
        taskId: null,
      });
      return Promise.resolve(Response.json({
        error: { code: 400, message: `Bad key ${key}`, status: "INVALID_ARGUMENT" },
      }, { status: 400 }));
    },
  }));
  await using _ = served;
  await assert.rejects(model.generateObject(REQUEST), (error) => {
    assert.ok(error instanceof AppError && error.code === "PROVIDER_REJECTED");
    assert.doesNotMatch(Deno.inspect(error, { depth: 10 }), /secret-key/);
    assert.match(String(error.cause), /Bad key \*\*\*/);
    return true;
  });
  assert.doesNotMatch(JSON.stringify(served.lines), /secret-key/);
});

Deno.test("generateObject() logs one line a call and the tokens it took, without any text", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("wrong_shape", { times: 1 });
  await model.generateObject(REQUEST);
  assert.deepEqual(
    served.lines.map((line) => line["event"]),
    [
      "outbound",
      "language_model_usage",
      "language_model_repair",
      "outbound",
      "language_model_usage",
    ],
  );
  const usage = served.lines.at(-1);
  assert.ok(Number(usage?.["input_tokens"]) > 20 && Number(usage?.["output_tokens"]) > 100);
  assert.doesNotMatch(JSON.stringify(served.lines), /whale/);
});

Deno.test("generateObject() stops when the caller aborts", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("hang");
  const stop = new AbortController();
  const work = model.generateObject(REQUEST, { signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(work, (error) => error instanceof AppError);
});

Deno.test("createGemini() throws PROVIDER_NOT_CONFIGURED when there is no key", () => {
  assert.throws(
    () => createGemini({ apiKeys: [], baseUrl: "http://127.0.0.1:1", log: silent }),
    hasCode("PROVIDER_NOT_CONFIGURED"),
  );
});

const silent = {
  info: () => {},
  error: () => {},
  with: () => silent,
};
