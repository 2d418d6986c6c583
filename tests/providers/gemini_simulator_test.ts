import assert from "node:assert/strict";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { type Served, serveSimulator } from "./harness.ts";

const serve = () => serveSimulator("gemini", createGeminiSimulator);

const MODEL = "/v1beta/models/gemini-3.8-flash:generateContent";
const BODY = { contents: [{ parts: [{ text: "A fox who paints" }] }] };

async function ask(
  served: Served,
  path: string,
  over: { body?: unknown; key?: string | null; method?: string } = {},
) {
  const method = over.method ?? "POST";
  const response = await fetch(`${served.url}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(over.key === null ? {} : { "x-goog-api-key": over.key ?? "a-key" }),
    },
    ...(method === "GET" ? {} : { body: JSON.stringify(over.body ?? BODY) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return { status: response.status, text, body: type.includes("json") ? JSON.parse(text) : null };
}

Deno.test("generateContent answers candidate, usage, version and id as on the wire", async () => {
  await using served = await serve();
  const { body } = await ask(served, MODEL);
  assert.deepEqual(Object.keys(body), [
    "candidates",
    "usageMetadata",
    "modelVersion",
    "responseId",
  ]);
  const [candidate] = body.candidates;
  assert.deepEqual([candidate.finishReason, candidate.index, candidate.content.role], [
    "STOP",
    0,
    "model",
  ]);
  const usage = body.usageMetadata;
  assert.equal(
    usage.totalTokenCount,
    usage.promptTokenCount + usage.candidatesTokenCount + usage.thoughtsTokenCount,
  );
  assert.match(body.responseId, /^[\w-]{22}$/);
});

Deno.test("generateContent takes the key from the query as well", async () => {
  await using served = await serve();
  assert.equal((await ask(served, `${MODEL}?key=a-key`, { key: null })).status, 200);
  assert.equal(served.calls[0]?.path.includes("key"), false);
});

Deno.test("generateContent names the model that answered when the one asked for is routed", async () => {
  await using served = await serve();
  const { body } = await ask(served, "/v1/models/gemini-3.7-flash:generateContent");
  assert.equal(body.modelVersion, "gemini-3.8-flash");
});

Deno.test("streamGenerateContent sends events that add up to the answer, usage in the last", async () => {
  await using served = await serve();
  const question = {
    ...BODY,
    generationConfig: {
      responseMimeType: "application/json",
      responseJsonSchema: { type: "object", properties: { title: { type: "string" } } },
    },
  };
  const stream = "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse";
  const { text } = await ask(served, stream, { body: BODY });
  const events = text.split("\r\n\r\n").filter(Boolean)
    .map((event) => JSON.parse(event.replace(/^data: /, "")));
  assert.ok(events.length > 1);
  assert.ok(events.slice(0, -1).every((event) => event.usageMetadata === undefined));
  assert.ok(events.at(-1).usageMetadata.totalTokenCount > 0);
  const joined = events.map((event) => event.candidates[0].content.parts[0].text).join("");
  const whole = await ask(served, MODEL);
  assert.equal(joined, whole.body.candidates[0].content.parts[0].text);
  assert.equal((await ask(served, stream, { body: question })).status, 200);
});

Deno.test("GET models lists the models that are served", async () => {
  await using served = await serve();
  const { body } = await ask(served, "/v1/models", { method: "GET" });
  const names = body.models.map((model: { name: string }) => model.name);
  assert.ok(names.includes("models/gemini-3.8-flash"));
  assert.ok(!names.includes("models/gemini-2.0-flash"));
});

for (
  const [when, path, over, status, rpc, message] of [
    ["the key is wrong", MODEL, { key: "invalid-1" }, 400, "INVALID_ARGUMENT", /API key not valid/],
    ["the key is missing", MODEL, { key: null }, 403, "PERMISSION_DENIED", /unregistered callers/],
    [
      "the model is unknown",
      "/v1/models/gpt-9:generateContent",
      {},
      404,
      "NOT_FOUND",
      /models\/gpt-9 is not found for API version v1,/,
    ],
    [
      "the model is retired",
      "/v1beta/models/gemini-2.0-flash:generateContent",
      {},
      404,
      "NOT_FOUND",
      /no longer available/,
    ],
    ["nothing is asked", MODEL, { body: {} }, 400, "INVALID_ARGUMENT", /contents is not specified/],
    [
      "the last turn is the model's",
      MODEL,
      { body: { contents: [...BODY.contents, { role: "model", parts: [{ text: "{" }] }] } },
      400,
      "INVALID_ARGUMENT",
      /ending with a model turn/,
    ],
    [
      "a field is unknown",
      MODEL,
      { body: { ...BODY, generationConfig: { responseFormat: {} } } },
      400,
      "INVALID_ARGUMENT",
      /Unknown name "responseFormat" at 'generationConfig'/,
    ],
    [
      "a schema comes without its type",
      MODEL,
      { body: { ...BODY, generationConfig: { responseSchema: { type: "STRING" } } } },
      400,
      "INVALID_ARGUMENT",
      /response_mime_type/,
    ],
    ["the method is unknown", "/v1beta/models/x:predict", {}, 404, "NOT_FOUND", /not found/],
  ] as const
) {
  Deno.test(`the simulator answers ${status} ${rpc} when ${when}`, async () => {
    await using served = await serve();
    const answer = await ask(served, path, over);
    assert.deepEqual([answer.status, answer.body.error.code], [status, status], answer.text);
    assert.equal(answer.body.error.status, rpc);
    assert.match(answer.body.error.message, message);
  });
}

Deno.test("a wrong key names its reason and the service", async () => {
  await using served = await serve();
  const { body } = await ask(served, MODEL, { key: "invalid-1" });
  assert.deepEqual(body.error.details[0], {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: "API_KEY_INVALID",
    domain: "googleapis.com",
    metadata: { service: "generativelanguage.googleapis.com" },
  });
});

Deno.test("rate_limited puts the wait into the body, and into no header", async () => {
  await using served = await serve();
  served.fault("rate_limited", { delayMs: 1500 });
  const { status, body } = await ask(served, MODEL);
  assert.equal(status, 429);
  const [help, quota, retry] = body.error.details;
  assert.match(help["@type"], /google\.rpc\.Help$/);
  assert.match(quota.violations[0].quotaId, /PerMinute/);
  assert.equal(retry.retryDelay, "1.500000000s");
});

Deno.test("the log keeps operation, body and fault of every call", async () => {
  await using served = await serve();
  served.fault("http_503", { times: 1, matching: "fox" });
  await ask(served, MODEL);
  await ask(served, MODEL);
  assert.deepEqual(
    served.calls.map(({ operation, status, fault }) => [operation, status, fault]),
    [["generate_content", 503, "http_503"], ["generate_content", 200, null]],
  );
  assert.match(served.calls[0]?.body ?? "", /A fox who paints/);
});
