import assert from "node:assert/strict";
import { OPERATIONS } from "../../shared/mod.ts";
import { as, post, signUp, stack } from "./studio.ts";

const get = async (query: string, token: string) => {
  const response = await fetch(`${stack.url}/functions/v1/list-voices${query}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const body = await response.json();
  return { status: response.status, body };
};

Deno.test("list-voices gives a language's voices, each with a row of the catalogue that is offered", async () => {
  const user = await signUp();
  const { status, body } = await get("?language=ko", user.token);
  assert.equal(status, 200, JSON.stringify(body));
  const { voices } = OPERATIONS["list-voices"].response.parse(body);
  assert.ok(voices.length > 5);
  assert.ok(voices.every((voice) => voice.languages.includes("ko-KR")));
  const { data: models } = await user.studio.supabase.from("models").select("id, provider")
    .eq("kind", "speech").is("retired_at", null);
  for (const { model_id, provider } of voices) {
    assert.ok(models?.some((model) => model.id === model_id && model.provider === provider));
  }
  const chirp = voices.find((voice) => voice.voice_id === "ko-KR-Chirp3-HD-Kore");
  assert.deepEqual(
    [chirp?.model_id, chirp?.takes_ssml, chirp?.takes_pitch, chirp?.gender],
    ["google-tts-chirp3-hd", false, false, "female"],
  );
  const families = new Set(voices.map((voice) => voice.family));
  assert.deepEqual([...families].sort(), ["Chirp3-HD", "Neural2", "Standard", "Wavenet"]);
});

Deno.test("list-voices takes POST too, and gives the same to every user", async () => {
  const [one, two] = [await signUp(), await signUp()];
  const posted = await post("list-voices", {}, as(one));
  assert.equal(posted.status, 200, posted.text);
  const { body } = await get("", two.token);
  assert.deepEqual(posted.json, body);
  assert.ok(body.voices.length > 100);
});

Deno.test("list-voices refuses what it does not know", async () => {
  const user = await signUp();
  for (const query of ["?language=k", "?provider=another", "?pitch=2"]) {
    const { status, body } = await get(query, user.token);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(body.code, "VALIDATION_FAILED");
  }
  const nobody = await fetch(`${stack.url}/functions/v1/list-voices`);
  await nobody.body?.cancel();
  assert.equal(nobody.status, 401);
});
