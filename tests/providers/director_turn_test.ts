import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../shared/database.types.ts";
import { runTurn, type Turn } from "../../supabase/functions/_shared/director/turn.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import { createFakeApi } from "../fakes/fake_api.ts";
import { withFakeEnv } from "../fakes/fake_env.ts";
import { IDS, modelOf } from "../factories.ts";
import { type Served, serveSimulator } from "./harness.ts";

/** Runs a turn of a model that says one word and then nothing, for ever. */
async function runSilent(served: Served, options: Pick<Turn, "keepAliveMs" | "turnMs">) {
  served.direct({ matching: "Tell me", steps: [{ text: ["Once "], end: "hang" }] });
  const api = createFakeApi({ finish_director_turn: () => null });
  const client = createClient<Database>("https://studio.test", "sb_publishable_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: api.fetch },
  });
  const env = { GEMINI_API_KEY: crypto.randomUUID(), GEMINI_BASE_URL: served.url };
  const director = modelOf({ kind: "director", provider: "gemini", endpoint: "gemini-3.8-flash" });
  const turn = await withFakeEnv(env, () =>
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
      ...options,
    })));
  return { ...turn, api };
}

/** Waits until the model's side has seen the connection end. */
async function untilHungUp(served: Served): Promise<void> {
  const operations = () => served.calls.map(({ operation }) => operation);
  while (operations().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(operations(), ["stream_generate_content", "stream_hang_up"]);
}

const outcomeOf = (served: Served) =>
  served.lines.find(({ event, outcome }) => event === "director_turn" && outcome !== undefined)
    ?.["outcome"];

Deno.test("runTurn() shows signs of life while the model is silent, and ends the call when nobody listens", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  const { stream, done, api } = await runSilent(served, { keepAliveMs: 5 });
  let heard = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    heard += text;
    if (heard.includes("Once ") && heard.endsWith(": keep-alive\n\n")) break;
  }
  await done;
  await untilHungUp(served);
  const [kept] = api.calls;
  assert.deepEqual(kept?.args["p_parts"], [{ type: "text", text: "Once ", state: "done" }]);
  assert.equal(outcomeOf(served), "left");
});

Deno.test("runTurn() ends a turn that takes too long, says so, keeps what was said, and ends the model's call", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  const { stream, done, api } = await runSilent(served, { turnMs: 300 });
  const heard = await new Response(stream).text();
  await done;
  await untilHungUp(served);
  const events = heard.split("\n\n").filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)));
  assert.deepEqual(events.slice(-2).map(({ type }) => type), ["error", "finish"]);
  const envelope = JSON.parse(events.at(-2).errorText);
  assert.deepEqual([envelope.code, envelope.request_id], ["TURN_INCOMPLETE", "the-request"]);
  assert.match(JSON.stringify(api.calls[0]?.args["p_parts"]), /Once .*data-error/);
  assert.equal(outcomeOf(served), "TURN_INCOMPLETE");
});
