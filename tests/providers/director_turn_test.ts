import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type { Database, Json } from "../../shared/database.types.ts";
import { runTurn, type Turn } from "../../supabase/functions/_shared/director/turn.ts";
import { createGeminiSimulator } from "../../supabase/local/providers/gemini.ts";
import type { ScriptStep } from "../../supabase/local/providers/scripts.ts";
import { createFakeApi } from "../fakes/fake_api.ts";
import { withFakeEnv } from "../fakes/fake_env.ts";
import { IDS, modelOf } from "../factories.ts";
import { type Served, serveSimulator } from "./harness.ts";

/** Says one word and then nothing, for ever. */
const SILENT: ScriptStep = { text: ["Once "], end: "hang" };

/** Reads the project. */
const READS: ScriptStep = { calls: [{ name: "read_project", args: {} }] };

/** What a test decides of a turn. */
interface Asked extends Pick<Turn, "keepAliveMs" | "turnMs"> {
  /** What the model does, a call each, the last one again and again. */
  readonly steps: readonly ScriptStep[];
  /** What it is told of the project at first. */
  readonly state?: Json;
  /** What it is told when it reads the project. */
  readonly project?: Json;
}

/** Runs a turn of a model that does as a test says. */
async function run(served: Served, { steps, state = {}, project = {}, ...options }: Asked) {
  served.direct({ matching: "Tell me", steps: [...steps], repeats: true });
  const api = createFakeApi({
    finish_director_turn: () => null,
    director_project: () => project,
  });
  const client = createClient<Database>("https://studio.test", "sb_publishable_test", {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: api.fetch },
  });
  const env = { GEMINI_API_KEY: crypto.randomUUID(), GEMINI_BASE_URL: served.url };
  const director = modelOf({ kind: "director", provider: "gemini", endpoint: "gemini-3.8-flash" });
  const turn = await withFakeEnv(env, () =>
    Promise.resolve(runTurn({
      begun: { turn_id: crypto.randomUUID(), state, history: [], models: [director] },
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

async function eventsOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const heard = await new Response(stream).text();
  return heard.split("\n\n").filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice(6)));
}

const outcomeOf = (served: Served) =>
  served.lines.find(({ event, outcome }) => event === "director_turn" && outcome !== undefined)
    ?.["outcome"];

Deno.test("runTurn() shows signs of life while the model is silent, and ends the call when nobody listens", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  const { stream, done, api } = await run(served, { steps: [SILENT], keepAliveMs: 5 });
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
  const { stream, done, api } = await run(served, { steps: [SILENT], turnMs: 300 });
  const events = await eventsOf(stream);
  await done;
  await untilHungUp(served);
  assert.deepEqual(events.slice(-2).map(({ type }) => type), ["error", "finish"]);
  const envelope = JSON.parse(events.at(-2).errorText);
  assert.deepEqual([envelope.code, envelope.request_id], ["TURN_INCOMPLETE", "the-request"]);
  assert.match(JSON.stringify(api.calls[0]?.args["p_parts"]), /Once .*data-error/);
  assert.equal(outcomeOf(served), "TURN_INCOMPLETE");
});

Deno.test("runTurn() gives a model 120,000 characters of results, and cuts what comes after", async () => {
  await using served = await serveSimulator("gemini", createGeminiSimulator);
  const { stream, done, api } = await run(served, {
    steps: [READS, READS, READS, READS, { text: ["It is long."] }],
    project: { text: "x".repeat(49_989) },
  });
  const events = await eventsOf(stream);
  await done;
  const outputs = events.filter(({ type }) => type === "tool-output-available")
    .map(({ output }) => output);
  assert.deepEqual(
    outputs.map(({ text, start }) => [text?.length, start?.length]),
    [[49_989, undefined], [49_989, undefined], [undefined, 20_000], [undefined, 0]],
  );
  for (const { note } of outputs.slice(2)) assert.match(note, /has run.*120000 characters/);
  assert.equal(outcomeOf(served), "answered");
  assert.match(JSON.stringify(api.calls.at(-1)?.args["p_parts"]), /It is long/);
});

const LAST_STEPS: readonly (readonly [string, ScriptStep, string])[] = [
  ["ends with a word", { text: ["Enough."] }, "answered"],
  ["is ended when it goes on reading", READS, "TURN_INCOMPLETE"],
];

for (const [what, last, outcome] of LAST_STEPS) {
  Deno.test(`runTurn() of a model that has read 400,000 tokens ${what}`, async () => {
    await using served = await serveSimulator("gemini", createGeminiSimulator);
    const { stream, done, api } = await run(served, {
      steps: [READS, READS, READS, last],
      state: { text: "x".repeat(600_000) },
    });
    await eventsOf(stream);
    await done;
    assert.equal(served.calls.length, 4);
    assert.equal(outcomeOf(served), outcome);
    assert.ok(Number(api.calls.at(-1)?.args["p_input_tokens"]) > 400_000);
  });
}
