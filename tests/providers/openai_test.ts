import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createLog } from "../../supabase/functions/_shared/log.ts";
import { createOpenAi } from "../../supabase/functions/_shared/providers/openai.ts";
import { createOpenAiSimulator } from "../../supabase/local/providers/openai.ts";
import type { CreateSimulator } from "../../supabase/local/providers/simulator.ts";
import { type Served, serveSimulator } from "./harness.ts";

const SCRIPT = z.object({
  title: z.string().trim().min(1).max(120).describe("Title of the film"),
  scenes: z.array(z.object({
    index: z.int().min(1),
    text: z.string().min(1).max(1500).describe("What the narrator says"),
    notes: z.string().nullable(),
    mood: z.enum(["calm", "wild"]).optional(),
  })).length(4),
});

const REQUEST = {
  model: "gpt-6-luna",
  schema: SCRIPT,
  system: "You write films. Write exactly 4 scenes.",
  prompt: "A lighthouse keeper befriends a whale",
};

async function setUp(
  over: { timeoutMs?: number } = {},
  create: CreateSimulator = createOpenAiSimulator,
) {
  const served = await serveSimulator("openai", create);
  const model = createOpenAi({
    apiKey: "sk-secret-key",
    baseUrl: `${served.url}/v1`,
    log: served.log,
    ...over,
  });
  return { served, model };
}

const answering = (status: number, body: unknown): CreateSimulator => () => ({
  name: "openai",
  handle: () => Promise.resolve(Response.json(body, { status })),
});

const bodies = (served: Served) => served.calls.map((call) => JSON.parse(call.body));

const outboundCount = (served: Served) =>
  served.lines.filter((line) => line["event"] === "outbound").length;

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

Deno.test("generateObject() gives a value that fits the schema, of the prompt's own story", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  const script = await model.generateObject(REQUEST);
  assert.deepEqual(SCRIPT.parse(script), script);
  assert.match(JSON.stringify(script), /whale/);
  assert.equal(served.calls.length, 1);
});

Deno.test("generateObject() sends a strict schema and keeps nothing at OpenAI", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  await model.generateObject(REQUEST);
  assert.equal(served.calls[0]?.path, "/v1/responses");
  const [body] = bodies(served);
  const { input, text, ...rest } = body;
  assert.deepEqual(rest, {
    model: "gpt-6-luna",
    store: false,
    include: ["reasoning.encrypted_content"],
  });
  assert.deepEqual(input, [
    { role: "developer", content: REQUEST.system },
    { role: "user", content: [{ type: "input_text", text: REQUEST.prompt }] },
  ]);
  assert.equal(text.format.type, "json_schema");
  assert.equal(text.format.strict, true);
  assert.deepEqual(text.format.schema, {
    type: "object",
    properties: {
      title: { type: "string", description: "Title of the film. At most 120 characters." },
      scenes: {
        type: "array",
        minItems: 4,
        maxItems: 4,
        items: {
          type: "object",
          properties: {
            index: { type: "integer", minimum: 1 },
            text: {
              type: "string",
              description: "What the narrator says. At most 1500 characters.",
            },
            notes: { type: ["string", "null"] },
            mood: { anyOf: [{ type: "string", enum: ["calm", "wild"] }, { type: "null" }] },
          },
          required: ["index", "text", "notes", "mood"],
          additionalProperties: false,
        },
      },
    },
    required: ["title", "scenes"],
    additionalProperties: false,
  });
});

Deno.test("generateObject() takes a null for what is optional as absent, and keeps it where null is meant", async () => {
  const text = JSON.stringify({
    title: "T",
    scenes: Array.from({ length: 4 }, () => ({ index: 1, text: "x", notes: null, mood: null })),
  });
  const { served, model } = await setUp(
    {},
    answering(200, {
      id: "resp_1",
      object: "response",
      created_at: 1,
      status: "completed",
      model: "gpt-6-luna",
      output: [{
        id: "msg_1",
        type: "message",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text, annotations: [] }],
      }],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    }),
  );
  await using _ = served;
  const { scenes } = await model.generateObject(REQUEST);
  assert.deepEqual(scenes[0], { index: 1, text: "x", notes: null });
});

Deno.test("generateObject() asks once more in one conversation, ending it with the user", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("wrong_shape", { times: 1 });
  SCRIPT.parse(await model.generateObject(REQUEST));
  const { input } = bodies(served)[1];
  assert.deepEqual(input.map((turn: { role: string }) => turn.role), [
    "developer",
    "user",
    "assistant",
    "user",
  ]);
});

Deno.test("generateObject() takes the wait from retry-after", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("rate_limited", { delayMs: 4200 });
  await assert.rejects(
    model.generateObject(REQUEST),
    (error) => error instanceof AppError && error.retryAfterSeconds === 5,
  );
});

for (
  const [status, name, code] of [
    [400, "invalid_prompt", "CONTENT_REFUSED"],
    [400, "context_length_exceeded", "PROVIDER_REJECTED"],
    [403, "unsupported_country_region_territory", "PROVIDER_REJECTED"],
    [404, "model_not_found", "PROVIDER_REJECTED"],
    [409, "conflict", "PROVIDER_UNAVAILABLE"],
    [429, "slow_down", "PROVIDER_RATE_LIMITED"],
    [429, "credit_balance_exhausted", "PROVIDER_REJECTED"],
    [502, "bad_gateway", "PROVIDER_UNAVAILABLE"],
    [504, "gateway_timeout", "PROVIDER_TIMEOUT"],
  ] as const
) {
  Deno.test(`generateObject() throws ${code} for HTTP ${status} ${name}`, async () => {
    const body = { error: { message: "Words", type: "some_error", param: null, code: name } };
    const { served, model } = await setUp({}, answering(status, body));
    await using _ = served;
    await assert.rejects(model.generateObject(REQUEST), hasCode(code));
    assert.equal(outboundCount(served), 1);
  });
}

Deno.test("generateObject() says what is wrong with the account in a hint", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("no_credit");
  await assert.rejects(
    model.generateObject(REQUEST),
    (error) => error instanceof AppError && /no credit left/.test(error.hint ?? ""),
  );
});

Deno.test("generateObject() shows no part of the key when it is refused", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  served.fault("bad_key");
  await assert.rejects(model.generateObject(REQUEST), (error) => {
    assert.ok(error instanceof AppError);
    assert.doesNotMatch(Deno.inspect(error, { depth: 10 }), /sk-secr|-key\b/);
    return true;
  });
  assert.doesNotMatch(JSON.stringify(served.lines), /sk-secr/);
});

Deno.test("generateObject() logs one line a call and the tokens it took, without any text", async () => {
  const { served, model } = await setUp();
  await using _ = served;
  await model.generateObject(REQUEST);
  assert.deepEqual(served.lines.map((line) => line["event"]), ["outbound", "language_model_usage"]);
  const usage = served.lines.at(-1);
  assert.equal(usage?.["provider"], "openai");
  assert.ok(Number(usage?.["input_tokens"]) > 10 && Number(usage?.["output_tokens"]) > 100);
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

Deno.test("createOpenAi() throws PROVIDER_NOT_CONFIGURED when there is no key", () => {
  const log = createLog({}, () => {});
  assert.throws(
    () => createOpenAi({ apiKey: "", baseUrl: "http://127.0.0.1:1", log }),
    hasCode("PROVIDER_NOT_CONFIGURED"),
  );
});
