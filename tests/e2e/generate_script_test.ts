import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import {
  as,
  ledgerOf,
  post,
  providerCalls,
  setFault,
  signUp,
  uniqueWord,
  withDatabase,
} from "./studio.ts";

const projectsOf = (userId: string) =>
  withDatabase((sql) => sql`select id from public.projects where user_id = ${userId}`);

Deno.test("generate-script writes a project and scenes 1..N that the owner can read", async () => {
  const user = await signUp();
  const answer = await post("generate-script", {
    prompt: "A lighthouse keeper befriends a whale",
    options: { scene_count: 3, tone: "funny", language: "en-GB", platform: "tiktok" },
  }, as(user));
  assert.equal(answer.status, 200, answer.text);
  const body = OPERATIONS["generate-script"].response.parse(answer.json);
  assert.deepEqual(body.scenes.map((scene) => scene.index), [1, 2, 3]);
  assert.equal(body.project.tone, "funny");
  assert.equal(body.project.language, "en-GB");
  assert.equal(body.project.platform, "tiktok");
  assert.equal(body.credits_charged, 1);
  const { data } = await user.studio.supabase.from("scenes").select("id")
    .eq("project_id", body.project.id);
  assert.equal(data?.length, 3);
});

Deno.test("promise 1: generate-script replays its answer byte for byte, and charges once", async () => {
  const user = await signUp();
  const word = uniqueWord();
  const key = crypto.randomUUID();
  const request = { prompt: `A story of ${word}`, options: { scene_count: 1 } };
  const first = await post("generate-script", request, as(user, key));
  const again = await post("generate-script", request, as(user, `"${key}"`));
  assert.equal(first.status, 200, first.text);
  assert.equal(first.headers.get("x-idempotent-replay"), null);
  assert.equal(again.headers.get("x-idempotent-replay"), "true");
  assert.equal(again.text, first.text);
  assert.equal((await ledgerOf(user.id)).charges, 1);
  assert.equal((await providerCalls("gemini", "generate_content", word)).length, 1);
});

Deno.test("promise 2: a key used again with another body is refused, and nothing is charged", async () => {
  const user = await signUp();
  const key = crypto.randomUUID();
  await post("generate-script", { prompt: "One", options: { scene_count: 1 } }, as(user, key));
  const answer = await post("generate-script", { prompt: "Two" }, as(user, key));
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json["code"], "IDEMPOTENCY_KEY_REUSED");
  assert.equal((await ledgerOf(user.id)).charges, 1);
});

for (const kind of ["garbage", "wrong_shape", "empty", "too_many_scenes"]) {
  Deno.test(`promise 21: an answer that is ${kind} is repaired once`, async () => {
    const user = await signUp();
    const word = uniqueWord();
    await setFault({ provider: "gemini", kind, times: 1, matching: word });
    const answer = await post("generate-script", {
      prompt: `A story of ${word}`,
      options: { scene_count: 2 },
    }, as(user));
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await providerCalls("gemini", "generate_content", word)).length, 2);
  });

  Deno.test(`promise 21: answers that stay ${kind} are a clean 502 with nothing kept or charged`, async () => {
    const user = await signUp();
    const word = uniqueWord();
    const key = crypto.randomUUID();
    const request = { prompt: `A story of ${word}`, options: { scene_count: 2 } };
    await setFault({ provider: "gemini", kind, times: 2, matching: word });
    const answer = await post("generate-script", request, as(user, key));
    assert.equal(answer.status, 502, answer.text);
    assert.equal(answer.json["code"], "PROVIDER_BAD_RESPONSE");
    assert.deepEqual(Array.from(await projectsOf(user.id)), []);
    const { sum, balance, charges, refunds } = await ledgerOf(user.id);
    assert.deepEqual({ sum, balance, charges, refunds }, {
      sum: 500,
      balance: 500,
      charges: 1,
      refunds: 1,
    });
    // Failures aren't remembered: the same click may be tried again.
    const retried = await post("generate-script", request, as(user, key));
    assert.equal(retried.status, 200, retried.text);
  });
}

Deno.test("generate-script says CONTENT_REFUSED when the model's safety rules refuse", async () => {
  const user = await signUp();
  const word = uniqueWord();
  await setFault({ provider: "gemini", kind: "refuse", matching: word });
  const answer = await post("generate-script", { prompt: `A story of ${word}` }, as(user));
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json["code"], "CONTENT_REFUSED");
});

Deno.test("generate-script keeps emoji, RTL and Korean prompts whole", async () => {
  const user = await signUp();
  for (const prompt of ["🤖💃 비 오는 날의 로봇", "روبوت خجول يتعلم الرقص", "a".repeat(5000)]) {
    const answer = await post("generate-script", { prompt, options: { scene_count: 1 } }, as(user));
    assert.equal(answer.status, 200, answer.text);
  }
});

Deno.test("generate-script refuses an unknown model, a retired kind and too many scenes before any charge", async () => {
  const user = await signUp();
  const unknown = await post(
    "generate-script",
    { prompt: "x", options: { model: "gpt-0" } },
    as(user),
  );
  assert.equal(unknown.status, 422);
  assert.equal(unknown.json["code"], "MODEL_INPUT_INVALID");
  const many = await post(
    "generate-script",
    { prompt: "x", options: { scene_count: 31 } },
    as(user),
  );
  assert.equal(many.status, 400);
  assert.equal(many.json["code"], "VALIDATION_FAILED");
  assert.equal((await ledgerOf(user.id)).charges, 0);
});
