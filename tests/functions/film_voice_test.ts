import assert from "node:assert/strict";
import { ALL_KEYS, withFakeEnv } from "../fakes/fake_env.ts";
import { assertRefused, handlerOf, requestOf } from "./pipeline.ts";

const PROMPT = "A paper boat crosses the city";

/** Asks for a film in a voice of the right shape that nobody has. */
function speakBy(voice_id: string, more: { stop_at?: string } = {}) {
  return withFakeEnv(ALL_KEYS, async () => {
    const { handle, api, fake } = await handlerOf("make-film");
    const body = { prompt: PROMPT, options: { voice_id }, ...more };
    const response = await handle(await requestOf("make-film", { body }));
    await fake.background();
    return { response, started: api.calls.some(({ name }) => name === "create_jobs") };
  });
}

Deno.test("make-film refuses a voice that does not exist before it buys anything", async () => {
  const { response, started } = await speakBy("en-US-Neural2-ZZZ");
  const envelope = await assertRefused(response, "MODEL_INPUT_INVALID");
  assert.deepEqual(envelope["details"], { field: "voice_id", allowed: ["en-US-Neural2-C"] });
  assert.equal(started, false);
});

Deno.test("make-film asks for no voice where nothing is spoken, and takes one that exists", async () => {
  for (const [voice, more] of [["ZZZ", { stop_at: "script" }], ["C", {}]] as const) {
    const { response, started } = await speakBy(`en-US-Neural2-${voice}`, more);
    assert.deepEqual([response.status, started], [202, true], await response.text());
  }
});
