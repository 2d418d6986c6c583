import assert from "node:assert/strict";
import { createGeminiImage } from "../../supabase/functions/_shared/providers/gemini_image.ts";
import { createKeyRing, keyHash } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { checkPicture } from "../../supabase/functions/_shared/media/check_picture.ts";
import { drawPicture } from "../../supabase/local/media/picture.ts";
import type { SubmitOutcome } from "../../supabase/functions/_shared/providers/render.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import type { CreateSimulator } from "../../supabase/local/providers/simulator.ts";
import { serveSimulator } from "./harness.ts";
import { describeOutcome } from "./support.ts";

const REQUEST = {
  endpoint: "gemini-nano-banana-2.1",
  prompt: "A tin robot in the rain, ink drawing",
  aspectRatio: "16:9",
};

async function setUp(
  over: { apiKeys?: readonly string[]; timeoutMs?: number } = {},
  create: CreateSimulator = createGeminiSimulator,
) {
  const served = await serveSimulator("gemini", create);
  const painter = createGeminiImage({
    apiKeys: ["secret-key-one"],
    baseUrl: served.url,
    log: served.log,
    keys: createKeyRing(),
    ...over,
  });
  return { served, painter };
}

/** A simulator that answers 200 with one body. */
const answering = (body: string): CreateSimulator => () => ({
  name: "gemini",
  handle: () => Promise.resolve(new Response(body)),
});

function mediaOf(outcome: SubmitOutcome): Uint8Array {
  assert.ok(outcome.outcome === "finished", describeOutcome(outcome));
  return outcome.media;
}

Deno.test("submit() gives a whole picture in the shape that was asked for", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  for (const [aspectRatio, width, height] of [["16:9", 1376, 768], ["9:16", 768, 1376]] as const) {
    const outcome = await painter.submit({ ...REQUEST, aspectRatio });
    const facts = checkPicture(mediaOf(outcome), { maxBytes: 20_000_000 });
    assert.deepEqual(facts, { extension: "png", contentType: "image/png", width, height });
  }
});

Deno.test("submit() gives other pictures for other prompts and seeds, each with an id of its own", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  const outcomes = [
    await painter.submit(REQUEST),
    await painter.submit({ ...REQUEST, prompt: "A red boat" }),
    await painter.submit({ ...REQUEST, options: { seed: 7 } }),
  ];
  const files = outcomes.map((outcome) => mediaOf(outcome).toBase64());
  assert.equal(new Set(files).size, 3);
  const ids = outcomes.map((outcome) => "externalTaskId" in outcome && outcome.externalTaskId);
  assert.equal(new Set(ids).size, 3);
});

Deno.test("submit() sends prompt, shape and size, and nothing else", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  await painter.submit({ ...REQUEST, options: { seed: 7 } });
  const [call] = served.calls;
  assert.equal(call?.path, "/v1beta/models/gemini-nano-banana-2.1:generateContent");
  assert.deepEqual(JSON.parse(call?.body ?? ""), {
    contents: [{ role: "user", parts: [{ text: REQUEST.prompt }] }],
    generationConfig: {
      responseModalities: ["IMAGE"],
      imageConfig: { aspectRatio: "16:9", imageSize: "1K" },
      seed: 7,
    },
  });
});

Deno.test("submit() takes the last picture that is no draft", async () => {
  const part = (text: string, thought = false) => ({
    inlineData: { mimeType: "image/png", data: btoa(text) },
    ...(thought ? { thought } : {}),
  });
  const parts = [{ text: "Here it is" }, part("draft", true), part("good"), part("more", true)];
  const body = JSON.stringify({ candidates: [{ content: { parts }, finishReason: "STOP" }] });
  const { served, painter } = await setUp({}, answering(body));
  await using _ = served;
  assert.equal(new TextDecoder().decode(mediaOf(await painter.submit(REQUEST))), "good");
});

Deno.test("submit() is unknown when a proxy answers 502 in the API's place", async () => {
  const { served, painter } = await setUp({}, () => ({
    name: "gemini",
    handle: () => Promise.resolve(new Response("<html>Bad gateway</html>", { status: 502 })),
  }));
  await using _ = served;
  assert.equal(
    describeOutcome(await painter.submit(REQUEST)),
    "unknown PROVIDER_UNAVAILABLE",
  );
});

Deno.test("submit() goes on with the next key when a quota is used up, and draws once", async () => {
  const { served, painter } = await setUp({ apiKeys: ["key-one", "key-two"] });
  await using _ = served;
  served.fault("quota_day", { matching: await keyHash("key-one") });
  assert.ok(mediaOf(await painter.submit(REQUEST)).length > 1000);
  assert.deepEqual(served.calls.map((call) => call.status), [429, 200]);
});

Deno.test("submit() sends nothing when the model does not take an option, or it was called off", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  const steps = await painter.submit({ ...REQUEST, options: { num_inference_steps: 4 } });
  assert.equal(describeOutcome(steps), "refused MODEL_INPUT_INVALID");
  const off = await painter.submit(REQUEST, { signal: AbortSignal.abort() });
  assert.equal(describeOutcome(off), "never_sent PROVIDER_UNAVAILABLE");
  assert.equal(served.calls.length, 0);
});

Deno.test("submit() refuses a reference that is too large to be sent, and asks nobody", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  const { bytes } = drawPicture({ prompt: "A fox", width: 64, height: 64 });
  const large = new Uint8Array(5_000_000);
  large.set(bytes);
  await using storage = serveStorage(() => new Response(large));
  const outcome = await painter.submit({ ...REQUEST, referenceUrls: [storage.url] });
  assert.equal(describeOutcome(outcome), "refused RESULT_INVALID");
  assert.deepEqual(served.calls, []);
});

Deno.test("submit() does not take our Storage's fault for the provider's", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  await using storage = serveStorage(() => new Response("Bad gateway", { status: 502 }));
  const outcome = await painter.submit({ ...REQUEST, referenceUrls: [storage.url] });
  assert.equal(describeOutcome(outcome), "never_sent INTERNAL");
  assert.deepEqual(served.calls, []);
});

/** Our Storage, with one answer to everything. */
function serveStorage(answer: () => Response) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}/reference.jpg`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("status() is failed: the picture went with the worker that held it", async () => {
  const { served, painter } = await setUp();
  await using _ = served;
  const status = await painter.status({ externalTaskId: "inline-1", endpoint: REQUEST.endpoint });
  assert.ok(status.state === "failed");
  assert.equal(status.error.code, "PROVIDER_FAILED");
});
