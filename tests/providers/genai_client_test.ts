import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ApiError, FinishReason, GoogleGenAI, ThinkingLevel, Type } from "@google/genai";
import { probeImage } from "../../supabase/functions/_shared/media/probe_image.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { serveSimulator } from "./harness.ts";

const MODEL = "gemini-3.8-flash";

/** The official client, unchanged but for where its requests go. */
async function setUp(more: { apiKey?: string; apiVersion?: string } = {}) {
  const served = await serveSimulator("gemini", createGeminiSimulator);
  const { apiKey = "a-key", apiVersion } = more;
  const client = new GoogleGenAI({
    apiKey,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    httpOptions: { baseUrl: served.url },
  });
  return { served, client };
}

for (const apiVersion of [undefined, "v1beta"]) {
  Deno.test(`the simulated Gemini serves its official client words in a schema, by ${apiVersion ?? "its own version"}`, async () => {
    const { served, client } = await setUp(apiVersion === undefined ? {} : { apiVersion });
    await using _ = served;
    const answer = await client.models.generateContent({
      model: MODEL,
      contents: "A lighthouse keeper befriends a whale",
      config: {
        systemInstruction: "You write films.",
        responseMimeType: "application/json",
        responseJsonSchema: {
          type: "object",
          properties: {
            title: { type: "string" },
            scenes: { type: "array", items: { type: "string" } },
          },
          required: ["title", "scenes"],
        },
      },
    });
    const { title, scenes } = JSON.parse(answer.text ?? "");
    assert.match(title, /\S/);
    assert.ok(Array.isArray(scenes));
    assert.equal(answer.candidates?.[0]?.finishReason, FinishReason.STOP);
    assert.ok((answer.usageMetadata?.totalTokenCount ?? 0) > 10);
    assert.equal(answer.modelVersion, MODEL);
    // The client's default is v1; ours is v1beta.
    assert.ok(served.calls[0]?.path.startsWith(`/${apiVersion ?? "v1"}/models/`));
  });
}

Deno.test("the simulated Gemini takes its official client's own schema language, and a limit on thinking", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const answer = await client.models.generateContent({
    // Routed by the API to its successor, which names itself.
    model: "gemini-3.7-flash",
    contents: "A fox who paints. 3 scenes.",
    config: {
      maxOutputTokens: 4096,
      thinkingConfig: { thinkingLevel: ThinkingLevel.LOW },
      responseMimeType: "application/json",
      responseSchema: {
        type: Type.OBJECT,
        properties: { title: { type: Type.STRING } },
        required: ["title"],
        propertyOrdering: ["title"],
      },
    },
  });
  assert.match(JSON.parse(answer.text ?? "").title, /\S/);
  assert.equal(answer.modelVersion, "gemini-3.8-flash");
});

Deno.test("the simulated Gemini streams to its official client what it also says at once", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const stream = await client.models.generateContentStream({ model: MODEL, contents: "A fox" });
  let text = "";
  let count = 0;
  let last: Awaited<ReturnType<typeof client.models.generateContent>> | undefined;
  for await (const chunk of stream) {
    text += chunk.text ?? "";
    count++;
    last = chunk;
  }
  assert.ok(count > 1 && text.length > 20);
  assert.equal(last?.candidates?.[0]?.finishReason, FinishReason.STOP);
  assert.ok((last?.usageMetadata?.totalTokenCount ?? 0) > 0, "usage comes with the last one");
});

Deno.test("the simulated Gemini draws for its official client in the shape asked for", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const answer = await client.models.generateContent({
    model: "gemini-nano-banana-2.1",
    contents: "A tin robot in the rain",
    config: {
      responseModalities: ["IMAGE"],
      imageConfig: { aspectRatio: "9:16", imageSize: "1K" },
    },
  });
  const data = answer.candidates?.[0]?.content?.parts?.find((part) => part.inlineData)?.inlineData;
  assert.equal(data?.mimeType, "image/png");
  const { width, height } = probeImage(new Uint8Array(Buffer.from(data?.data ?? "", "base64")));
  assert.deepEqual([width, height], [768, 1376]);
});

Deno.test("the simulated Gemini counts tokens and lists its models for its official client", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const { totalTokens } = await client.models.countTokens({ model: MODEL, contents: "A fox" });
  assert.ok((totalTokens ?? 0) > 0);
  const names: string[] = [];
  for await (const model of await client.models.list()) names.push(model.name ?? "");
  assert.ok(names.includes(`models/${MODEL}`) && names.includes("models/gemini-3-pro-image"));
});

Deno.test("the simulated Gemini gives its official client its errors and its refusals", async () => {
  const { served, client } = await setUp();
  await using _ = served;
  const ask = (model = MODEL) => client.models.generateContent({ model, contents: "A fox" });
  const refused = async (work: Promise<unknown>, status: number, rpc: string) => {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, status);
      // The client puts the whole body into the message.
      assert.equal(JSON.parse(error.message).error.status, rpc);
      return true;
    });
  };
  await refused(ask("gemini-2.0-flash"), 404, "NOT_FOUND");
  for (
    const [fault, status, rpc] of [
      ["bad_key", 400, "INVALID_ARGUMENT"],
      ["rate_limited", 429, "RESOURCE_EXHAUSTED"],
      ["http_503", 503, "UNAVAILABLE"],
    ] as const
  ) {
    served.fault(fault, { times: 1 });
    await refused(ask(), status, rpc);
  }
  // No retries unless they are asked for: each fault was met by one request.
  assert.equal(served.calls.length, 4);
  served.fault("refuse", { times: 1 });
  const blocked = await ask();
  assert.equal(blocked.promptFeedback?.blockReason, "PROHIBITED_CONTENT");
  assert.equal(blocked.text, undefined);
  served.fault("truncated", { times: 1 });
  assert.equal((await ask()).candidates?.[0]?.finishReason, FinishReason.MAX_TOKENS);
});
