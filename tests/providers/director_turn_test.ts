import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";
import { runTurn } from "../../supabase/functions/_shared/director/turn.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { createFakeApi } from "../fakes/fake_api.ts";
import { withFakeEnv } from "../fakes/fake_env.ts";
import { IDS, modelOf } from "../factories.ts";
import { serveSimulator } from "./harness.ts";

Deno.test("runTurn() shows signs of life while the model is silent, and ends the call when nobody listens", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  served.direct({ matching: "Tell me", steps: [{ text: ["Once "], end: "hang" }] });
  const api = createFakeApi({ finish_director_turn: () => null });
  const client = createClient<Database>("https://studio.test", "sb_publishable_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: api.fetch },
  });
  const env = { GEMINI_API_KEY: crypto.randomUUID(), GEMINI_BASE_URL: served.url };
  const director = modelOf({ kind: "director", provider: "gemini", endpoint: "gemini-3.8-flash" });
  const { stream, done } = await withFakeEnv(env, () =>
    Promise.resolve(runTurn({
      begun: { turn_id: crypto.randomUUID(), state: {}, history: [], models: [director] },
      userId: IDS.user,
      projectId: IDS.project,
      page: "project",
      text: "Tell me a story",
      client,
      service: client,
      requestId: "the-request",
      log: served.log,
      keepAliveMs: 5,
    })));
  let heard = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    heard += text;
    if (heard.includes("Once ") && heard.endsWith(": keep-alive\n\n")) break;
  }
  await done;
  const operations = () => served.calls.map(({ operation }) => operation);
  while (operations().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(operations(), ["stream_generate_content", "stream_hang_up"]);
  const [kept] = api.calls;
  assert.deepEqual(kept?.args["p_parts"], [{ type: "text", text: "Once ", state: "done" }]);
  const line = served.lines.find(({ event }) => event === "director_turn");
  assert.equal(line?.["outcome"], "left");
});
