import assert from "node:assert/strict";
import OpenAI, { APIError } from "openai";
import { AppError } from "../../supabase/functions/_shared/app_error.ts";
import { createGeminiModerator } from "../../supabase/functions/_shared/providers/gemini_moderation.ts";
import {
  createModerator,
  type ModerationDesk,
} from "../../supabase/functions/_shared/providers/moderation.ts";
import { createOpenAiModerator } from "../../supabase/functions/_shared/providers/openai_moderation.ts";
import { createKeyRing } from "../../supabase/functions/_shared/providers/gemini_keys.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { createOpenAiSimulator } from "../../supabase/local/providers/openai.ts";
import { type Served, serveSimulator } from "./harness.ts";
import { withPicture } from "./served_picture.ts";

const ON = { isOff: false, refusesWhenDown: false };
const STRICT = { isOff: false, refusesWhenDown: true };

/** Each vendor's adapter at its simulator. */
const VENDORS: Readonly<
  Record<string, { serve(): Promise<Served>; desk(served: Served): ModerationDesk }>
> = {
  openai: {
    serve: () => serveSimulator("openai", createOpenAiSimulator),
    desk: ({ url, log }) => createOpenAiModerator({ apiKey: "sk-any", baseUrl: `${url}/v1`, log }),
  },
  gemini: {
    serve: () => serveSimulator("gemini", createGeminiSimulator),
    desk: ({ url, log }) =>
      createGeminiModerator({ apiKeys: ["any"], baseUrl: url, log, keys: createKeyRing() }),
  },
};

const texts = (...all: string[]) => ({ texts: all, imageUrls: [] });

for (const [name, vendor] of Object.entries(VENDORS)) {
  Deno.test(`createModerator() finds nothing in plain texts at ${name}, in one call`, async () => {
    await using served = await vendor.serve();
    const moderator = createModerator(served.log, { env: ON, desk: vendor.desk(served) });
    const verdict = await moderator.check(texts("A fox", "A boat at dusk", "A fox", " "));
    assert.deepEqual(verdict, { flagged: false, categories: [] });
    assert.equal(moderator.provider, name);
    assert.equal(served.calls.length, 1);
    assert.equal(served.calls[0]?.body.match(/A fox/g)?.length, 1);
  });

  Deno.test(`createModerator() names what it finds at ${name}, and logs no text`, async () => {
    await using served = await vendor.serve();
    const moderator = createModerator(served.log, { env: ON, desk: vendor.desk(served) });
    const verdict = await moderator.check(texts("A fox", "A Bloodbath in the old mill"));
    assert.deepEqual(verdict, {
      flagged: true,
      categories: name === "openai" ? ["violence", "violence/graphic"] : ["dangerous_content"],
    });
    assert.doesNotMatch(JSON.stringify(served.lines), /mill|sk-any/);
  });

  for (
    const [fault, code] of [
      ["http_500", "PROVIDER_UNAVAILABLE"],
      ["http_503", "PROVIDER_UNAVAILABLE"],
      ["rate_limited", "PROVIDER_RATE_LIMITED"],
      ["bad_key", "PROVIDER_REJECTED"],
      ["drop", "PROVIDER_UNAVAILABLE"],
      ["broken_envelope", "PROVIDER_BAD_RESPONSE"],
    ] as const
  ) {
    Deno.test(`createModerator() lets pass when ${name} plays ${fault}, and says so; throws ${code} when told to refuse`, async () => {
      await using served = await vendor.serve();
      served.fault(fault);
      const desk = vendor.desk(served);
      const asked = texts("A bloodbath");
      const verdict = await createModerator(served.log, { env: ON, desk }).check(asked);
      assert.deepEqual(verdict, { flagged: false, categories: [] });
      const down = served.lines.find((line) => line["event"] === "moderation_down");
      assert.deepEqual([down?.["level"], down?.["provider"]], ["error", name]);
      await assert.rejects(
        createModerator(served.log, { env: STRICT, desk }).check(asked),
        (error) => error instanceof AppError && error.code === code,
      );
    });
  }

  Deno.test(`createModerator() asks ${name} nothing when it is off`, async () => {
    await using served = await vendor.serve();
    const moderator = createModerator(served.log, {
      env: { isOff: true, refusesWhenDown: true },
      desk: vendor.desk(served),
    });
    assert.equal((await moderator.check(texts("A bloodbath"))).flagged, false);
    assert.deepEqual([moderator.provider, served.calls.length], ["none", 0]);
  });
}

Deno.test("createModerator() sends each picture on its own, as OpenAI takes one a request", async () => {
  await using served = await VENDORS["openai"]?.serve() ?? assert.fail();
  const desk = VENDORS["openai"]?.desk(served) ?? assert.fail();
  await withPicture(async (url) => {
    const verdict = await createModerator(served.log, { env: ON, desk })
      .check({ texts: ["A fox"], imageUrls: [url, `${url}?bloodbath`, url] });
    assert.deepEqual(verdict.categories, ["violence", "violence/graphic"]);
    assert.deepEqual(served.calls.map(({ status }) => status), [200, 200, 200]);
  });
});

Deno.test("createModerator() keeps what it finds in a text when a picture can't be fetched", async () => {
  await using served = await VENDORS["openai"]?.serve() ?? assert.fail();
  const desk = VENDORS["openai"]?.desk(served) ?? assert.fail();
  const moderator = createModerator(served.log, { env: STRICT, desk });
  const imageUrls = ["http://127.0.0.1:1/a.jpg"];
  assert.equal((await moderator.check({ texts: ["A bloodbath"], imageUrls })).flagged, true);
  await assert.rejects(
    moderator.check({ texts: ["A fox"], imageUrls }),
    (error) => error instanceof AppError && error.code === "PROVIDER_REJECTED",
  );
});

Deno.test("createModerator() finds a picture's address at Gemini", async () => {
  await using served = await VENDORS["gemini"]?.serve() ?? assert.fail();
  const desk = VENDORS["gemini"]?.desk(served) ?? assert.fail();
  await createModerator(served.log, { env: ON, desk })
    .check({ texts: [], imageUrls: ["https://studio.test/a.png"] });
  const [part] = JSON.parse(served.calls[0]?.body ?? "{}").contents[0].parts;
  assert.deepEqual(part, {
    fileData: { fileUri: "https://studio.test/a.png", mimeType: "image/png" },
  });
});

Deno.test("createModerator() logs the tokens that Gemini bills", async () => {
  await using served = await VENDORS["gemini"]?.serve() ?? assert.fail();
  const desk = VENDORS["gemini"]?.desk(served) ?? assert.fail();
  await createModerator(served.log, { env: ON, desk }).check(texts("A fox"));
  const usage = served.lines.find((line) => line["event"] === "language_model_usage");
  assert.deepEqual([usage?.["provider"], usage?.["model"]], ["gemini", "gemini-flash-lite-latest"]);
  assert.ok(Number(usage?.["input_tokens"]) > 0);
});

Deno.test("createModerator() flags whatever OpenAI flags", async () => {
  await using served = await VENDORS["openai"]?.serve() ?? assert.fail();
  served.fault("flag", { operation: "create_moderation", times: 1 });
  const desk = VENDORS["openai"]?.desk(served) ?? assert.fail();
  const verdict = await createModerator(served.log, { env: ON, desk }).check(texts("A fox"));
  assert.deepEqual(verdict, { flagged: true, categories: ["violence"] });
});

Deno.test("the simulated OpenAI serves the official client's moderations.create()", async () => {
  await using served = await VENDORS["openai"]?.serve() ?? assert.fail();
  const client = new OpenAI({ apiKey: "sk-any", baseURL: `${served.url}/v1`, maxRetries: 0 });
  const answer = await client.moderations.create({
    model: "omni-moderation-latest",
    input: ["A fox", "A bloodbath"],
  });
  assert.match(answer.id, /^modr-/);
  assert.deepEqual(answer.results.map(({ flagged }) => flagged), [false, true]);
  const [, bad] = answer.results;
  assert.equal(bad?.categories.violence, true);
  assert.equal(bad?.categories.sexual, false);
  assert.ok((bad?.category_scores["violence/graphic"] ?? 0) > 0.5);
  assert.deepEqual(bad?.category_applied_input_types.violence, ["text"]);
});

Deno.test("the simulated OpenAI looks at one picture a request for the official client, and refuses as the API does", async () => {
  await using served = await VENDORS["openai"]?.serve() ?? assert.fail();
  const { moderations } = new OpenAI({
    apiKey: "sk-any",
    baseURL: `${served.url}/v1`,
    maxRetries: 0,
  });
  const refused = (status: number, code: string | null) => (error: unknown) =>
    error instanceof APIError && error.status === status && error.code === code;
  await withPicture(async (url) => {
    const image = { type: "image_url", image_url: { url } } as const;
    const both = await moderations.create({ input: [{ type: "text", text: "A fox" }, image] });
    assert.equal(both.results.length, 1);
    assert.deepEqual(both.results[0]?.category_applied_input_types.sexual, ["text", "image"]);
    assert.deepEqual(both.results[0]?.category_applied_input_types.hate, ["text"]);
    const two = moderations.create({ input: [image, image] });
    await assert.rejects(two, refused(400, "too_many_images"));
    const gone = { type: "image_url", image_url: { url: `${url}/gone` } } as const;
    await assert.rejects(moderations.create({ input: [gone] }), refused(400, "invalid_image_url"));
  });
  await assert.rejects(moderations.create({ input: [] }), refused(400, null));
  const unknown = moderations.create({ model: "gpt-0", input: "A fox" });
  await assert.rejects(unknown, refused(404, "model_not_found"));
  served.fault("bad_key", { times: 1 });
  await assert.rejects(moderations.create({ input: "A fox" }), refused(401, "invalid_api_key"));
});
