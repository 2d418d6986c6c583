import assert from "node:assert/strict";
import { MAX_BODY_BYTES } from "../../shared/contract/limits.ts";
import type { OperationDefinition } from "../../shared/contract/operation.ts";
import { type OperationName, OPERATIONS } from "../../shared/mod.ts";
import { as, createProject, ledgerOf, post, signUp, stack, withDatabase } from "./studio.ts";

const NAMES = Object.keys(OPERATIONS) as OperationName[];
const CORS = "access-control-allow-origin";

for (const name of NAMES.filter((candidate) => OPERATIONS[candidate].caller !== "provider")) {
  Deno.test(`${name} refuses no, garbage and forged tokens with 401 in the envelope, with CORS`, async () => {
    const forged =
      "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIiwicm9sZSI6ImF1dGhlbnRpY2F0ZWQifQ.";
    const attempts: Record<string, string>[] = [
      {},
      { Authorization: "Bearer garbage" },
      { Authorization: `Bearer ${forged}` },
      { apikey: stack.publishableKey },
      { apikey: "sb_secret_guess" },
    ];
    for (const headers of attempts) {
      const answer = await post(name, {}, headers);
      assert.equal(answer.status, 401, `${JSON.stringify(headers)}: ${answer.text}`);
      assert.equal(answer.json["code"], "UNAUTHENTICATED");
      assert.equal(typeof answer.json["request_id"], "string");
      assert.equal(answer.headers.get(CORS), "*");
    }
  });
}

for (const name of NAMES.filter((candidate) => OPERATIONS[candidate].caller === "cron")) {
  Deno.test(`promise 16: ${name} refuses a user's token and takes the secret key`, async () => {
    const user = await signUp();
    const refused = await post(name, {}, { Authorization: `Bearer ${user.token}` });
    assert.equal(refused.status, 401, refused.text);
    const taken = await post(name, {}, { apikey: stack.secretKey });
    assert.equal(taken.status, 202, taken.text);
    assert.deepEqual(taken.json, { accepted: true });
  });
}

Deno.test("every function answers a preflight with CORS", async () => {
  for (const name of NAMES) {
    const response = await fetch(`${stack.url}/functions/v1/${name}`, { method: "OPTIONS" });
    await response.body?.cancel();
    assert.equal(response.status, 204);
    assert.equal(response.headers.get(CORS), "*");
    assert.match(response.headers.get("access-control-allow-headers") ?? "", /idempotency-key/);
  }
});

Deno.test("promise 15: another user's project, scene, pictures and clips do not exist for any operation", async () => {
  const [owner, stranger] = [await signUp(), await signUp()];
  const { project, scenes } = await createProject(owner, ["A private scene"]);
  const scene_id = scenes[0]?.id;
  const calls: [string, unknown][] = [
    ["generate-image", { scene_id }],
    ["generate-image", { project_id: project.id }],
    ["generate-audio", { scene_id }],
    ["generate-audio", { project_id: project.id }],
    ["generate-video", { project_id: project.id, scene_ids: [scene_id] }],
    ["generate-video", { project_id: project.id, image_ids: [crypto.randomUUID()] }],
    ["stitch-video", { project_id: project.id }],
  ];
  for (const [name, body] of calls) {
    const answer = await post(name, body, as(stranger));
    assert.equal(answer.status, 404, `${name}: ${answer.text}`);
    assert.equal(answer.json["code"], "NOT_FOUND");
  }
  assert.equal((await ledgerOf(stranger.id)).charges, 0);
  const { data } = await stranger.studio.supabase.from("projects").select("id");
  assert.deepEqual(data, []);
});

Deno.test("promise 20: bodies that are not one valid JSON object are 4xx, and nothing is written", async () => {
  const user = await signUp();
  for (const name of NAMES.filter((candidate) => OPERATIONS[candidate].caller === "user")) {
    const { maxBytes = MAX_BODY_BYTES }: OperationDefinition = OPERATIONS[name];
    const cases: [string, number, string][] = [
      ["{", 400, "BAD_JSON"],
      ["[]", 400, "BAD_JSON"],
      ["null", 400, "BAD_JSON"],
      ['{"a":"\\u0000"}', 400, "VALIDATION_FAILED"],
      ['{"surprise":1}', 400, "VALIDATION_FAILED"],
      [JSON.stringify({ prompt: "x".repeat(maxBytes) }), 413, "PAYLOAD_TOO_LARGE"],
    ];
    for (const [body, status, code] of cases) {
      const answer = await post(name, body, as(user));
      assert.equal(answer.status, status, `${name} ${body.slice(0, 40)}: ${answer.text}`);
      assert.equal(answer.json["code"], code);
    }
    const text = await post(name, "prompt=x", { ...as(user), "Content-Type": "text/plain" });
    assert.equal(text.status, 415);
    if (!OPERATIONS[name].spends) continue;
    const noKey = await post(name, {}, { Authorization: `Bearer ${user.token}` });
    assert.equal(noKey.json["code"], "IDEMPOTENCY_KEY_MISSING");
    const badKey = await post(name, {}, as(user, "short"));
    assert.equal(badKey.json["code"], "IDEMPOTENCY_KEY_INVALID");
  }
  assert.equal((await ledgerOf(user.id)).charges, 0);
  const rows = await withDatabase((sql) =>
    sql`select id from public.projects where user_id = ${user.id}`
  );
  assert.equal(rows.length, 0);
});

Deno.test("promise 3: credits short are 402 with price and balance, and nothing is written", async () => {
  const user = await signUp();
  const { project } = await createProject(user, ["One scene"]);
  await withDatabase((sql) => sql`select public.grant_credits(${user.id}, -500, 'test')`);
  const answer = await post("generate-image", { project_id: project.id }, as(user));
  assert.equal(answer.status, 402, answer.text);
  assert.equal(answer.json["code"], "INSUFFICIENT_CREDITS");
  assert.deepEqual(answer.json["details"], { price: 1, balance: 0 });
  const left = await withDatabase((sql) =>
    sql`select id from public.jobs where user_id = ${user.id}
      union all select id from public.image_assets where user_id = ${user.id}`
  );
  assert.equal(left.length, 0);
});
