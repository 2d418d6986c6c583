import assert from "node:assert/strict";
import OpenAI, { APIError } from "openai";
import { createOpenAiSimulator } from "../../supabase/local/providers/openai.ts";
import { serveSimulator } from "./harness.ts";

/** The official client, unchanged but for where its requests go. */
async function setUp(apiKey = "sk-any") {
  const served = await serveSimulator("openai", createOpenAiSimulator);
  const client = new OpenAI({ apiKey, baseURL: `${served.url}/v1`, maxRetries: 0 });
  return { served, client };
}

const MODEL = "gpt-6-luna";

const SCHEMA = {
  type: "object",
  properties: { title: { type: "string" }, scenes: { type: "array", items: { type: "string" } } },
  required: ["title", "scenes"],
  additionalProperties: false,
};

const FORMAT = { type: "json_schema", name: "film", strict: true, schema: SCHEMA } as const;

const refusedWith = (status: number, code: string) => (error: unknown) => {
  assert.ok(error instanceof APIError);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.ok(error.requestID?.startsWith("req_"));
  return true;
};

Deno.test("the simulated OpenAI serves the official client's responses.create()", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const response = await client.responses.create({
    model: MODEL,
    instructions: "You write films in 3 scenes.",
    input: "A fox who learns to paint",
    text: { format: FORMAT },
  });
  assert.equal(response.status, "completed");
  const film = JSON.parse(response.output_text);
  assert.deepEqual(Object.keys(film), ["title", "scenes"]);
  assert.match(JSON.stringify(film), /fox/i);
  const { input_tokens = 0, output_tokens = 0, total_tokens } = response.usage ?? {};
  assert.equal(total_tokens, input_tokens + output_tokens);
});

Deno.test("the simulated OpenAI serves the official client's chat.completions.create()", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const messages = [
    { role: "developer", content: "You write films in 3 scenes." },
    { role: "user", content: "A fox who learns to paint" },
  ] as const;
  const { schema, name, strict } = FORMAT;
  const completion = await client.chat.completions.create({
    model: MODEL,
    messages: [...messages],
    response_format: { type: "json_schema", json_schema: { name, strict, schema } },
  });
  const [choice] = completion.choices;
  assert.equal(choice?.finish_reason, "stop");
  assert.match(JSON.parse(choice?.message.content ?? "").title, /\S/);
  served.fault("truncated", { times: 1 });
  const cut = await client.chat.completions.create({ model: MODEL, messages: [...messages] });
  assert.equal(cut.choices[0]?.finish_reason, "length");
  served.fault("refuse", { times: 1 });
  const refused = await client.chat.completions.create({ model: MODEL, messages: [...messages] });
  assert.match(refused.choices[0]?.message.refusal ?? "", /can't help/);
});

Deno.test("the simulated OpenAI tells the official client of refusals and cut answers", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const ask = () => client.responses.create({ model: MODEL, input: "A fox" });
  served.fault("refuse", { times: 1 });
  const message = (await ask()).output.find((item) => item.type === "message");
  assert.equal(message?.content[0]?.type, "refusal");
  served.fault("filtered", { times: 1 });
  assert.equal((await ask()).incomplete_details?.reason, "content_filter");
  served.fault("failed", { times: 1 });
  assert.equal((await ask()).error?.code, "server_error");
});

Deno.test("the simulated OpenAI gives the official client its typed errors", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const ask = (model = MODEL) => client.responses.create({ model, input: "A fox" });
  await assert.rejects(ask("gpt-0"), refusedWith(404, "model_not_found"));
  for (
    const [fault, status, code] of [
      ["bad_key", 401, "invalid_api_key"],
      ["rate_limited", 429, "rate_limit_exceeded"],
      ["no_credit", 429, "insufficient_quota"],
      ["http_503", 503, "server_is_overloaded"],
    ] as const
  ) {
    served.fault(fault, { times: 1 });
    await assert.rejects(ask(), refusedWith(status, code));
  }
  await assert.rejects(
    client.responses.create({ model: MODEL, input: "A fox", temperature: 0.5 }),
    refusedWith(400, "unsupported_parameter"),
  );
});

Deno.test("the simulated OpenAI refuses schemas that strict mode does not take", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  for (
    const [schema, fault] of [
      [{ ...SCHEMA, additionalProperties: true }, /additionalProperties/],
      [{ ...SCHEMA, required: ["title"] }, /Missing 'scenes'/],
      [{ type: "array", items: { type: "string" } }, /type: "object"/],
      [{ ...SCHEMA, properties: { ...SCHEMA.properties, title: { maxLength: 3 } } }, /maxLength/],
    ] as const
  ) {
    await assert.rejects(
      client.responses.create({
        model: MODEL,
        input: "A fox",
        text: { format: { ...FORMAT, schema } },
      }),
      (error) => refusedWith(400, "invalid_json_schema")(error) && fault.test(String(error)),
    );
  }
});

Deno.test("the simulated OpenAI asks for a key and lists its models", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const ids = (await client.models.list()).data.map((model) => model.id);
  assert.ok(ids.includes("gpt-6-luna") && ids.includes("gpt-5.6-luna"));
  const bare = await fetch(`${served.url}/v1/models`);
  await bare.body?.cancel();
  assert.equal(bare.status, 401);
});
