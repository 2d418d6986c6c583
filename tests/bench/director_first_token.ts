/**
 * Issue 6: what the director adds to its model's own first token.
 *
 * @module
 */
import { join } from "node:path";
import { functionEnv } from "../../supabase/local/function_env.ts";
import { loadKeys } from "../../supabase/local/keys.ts";
import { startWorkers } from "../../supabase/local/workers.ts";
import { startCountingProxy } from "./counting_proxy.ts";
import { figureOf, formatFigure, ratioOf } from "./figures.ts";
import type { Report } from "./report.ts";
import { type Director, pause, type Studio } from "./studio.ts";
import { interleave, type Subject } from "./subject.ts";

const ROUNDS = 20;
const TRIPS = 2;

/** A turn makes one round trip of the two; what it saves is about what the AI SDK takes, 3 to 5 ms of 300. */
const MARGIN = 1.05;

/** What a small model takes to its first word, at least; the same for both sides. */
const MODEL_MS = 300;

/** In every question, so that the script below applies. */
const SAID = "director-first-token";

/** The subject. */
export const directorFirstToken: Subject = {
  name: "director-first-token",
  title: "director until its first word",
  needs: "stack",
  async run(studio) {
    const director = await studio.director();
    await control(studio, "/scripts", {
      method: "POST",
      body: JSON.stringify({
        matching: SAID,
        steps: [{ text: ["Good ", "day."], delayMs: MODEL_MS }],
        repeats: true,
      }),
    });
    const trips = await countTrips(studio, director);
    const ms = await measure(studio, director);
    const ratio = ratioOf(ms.director, ms.allowed);
    const behindDoor = ratioOf(
      ms.director,
      ms.allowed.map((allowedMs, round) => allowedMs + (ms.door[round] ?? NaN)),
    );
    return {
      columns: ["", "database round trips", "ms until the first word", "ms allowed", "ratio"],
      rows: [[
        `a turn; allowed: the model's own first word + ${TRIPS} bare round trips`,
        `${trips.length} (${trips.join(", ")})`,
        formatFigure(figureOf(ms.director)),
        formatFigure(figureOf(ms.allowed)),
        `${formatFigure(ratio)}; ${formatFigure(behindDoor)} with the door`,
      ]],
      note:
        "Round trips: the requests a function's process sends through a counting proxy and hears of before " +
        `the first word leaves. A bare one reads one row by its key as the same user. The model is the simulator, which takes ${MODEL_MS} ms to its first word, asked ` +
        `the same directly on the other side. The door is an answer of the same function without a database ` +
        `(${formatFigure(figureOf(ms.door))} ms): gateway, worker, token. ` +
        `${ROUNDS} interleaved rounds, median (min–max).`,
      checks: [
        {
          promise: `issue 6: a turn makes ≤ ${TRIPS} round trips before its first word`,
          value: trips.length,
          atMost: TRIPS,
        },
        {
          promise:
            `issue 6: first word ≤ ${MARGIN} × (the door + the model's own + ${TRIPS} bare round trips)`,
          value: behindDoor.median,
          atMost: MARGIN,
        },
      ],
      figures: {
        trips,
        director: figureOf(ms.director),
        allowed: figureOf(ms.allowed),
        door: figureOf(ms.door),
        ratios: { ratio, behindDoor },
      },
    } satisfies Report;
  },
};

/** Names of what one turn asks the database before its first word, in order. */
async function countTrips(studio: Studio, director: Director): Promise<string[]> {
  const { stack, providerEnv } = studio;
  const proxy = startCountingProxy(stack.url);
  const worker = await startWorkers({
    count: 1,
    functionsDir: join(import.meta.dirname ?? "", "../../supabase/functions"),
    env: functionEnv({
      url: proxy.url,
      databaseUrl: stack.databaseUrl,
      keys: await loadKeys(stack.dir),
      simulated: {},
      file: {},
      more: providerEnv,
    }),
    onLog: () => {},
    say: () => {},
  });
  try {
    const turn = async () => {
      const before = proxy.calls.length;
      const { headers, body } = turnRequest(director);
      const response = await worker.call({
        method: "POST",
        path: "/director",
        headers: new Headers(headers),
        body: new Blob([body]).stream(),
        idleTimeoutMs: 10_000,
      });
      const firstMs = await firstWord(response);
      await pause(500);
      return proxy.calls.slice(before).filter((call) => call.answeredMs < firstMs)
        .map((call) => call.path.replace(/^\/rest\/v1\/(rpc\/)?/, ""));
    };
    // The first request of a process also makes its clients.
    await turn();
    return await turn();
  } finally {
    await worker.stop();
    await proxy.stop();
  }
}

function turnRequest(director: Director) {
  return {
    headers: { "Authorization": `Bearer ${director.token}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      id: "chat-1",
      messages: [{ id: "m-1", role: "user", parts: [{ type: "text", text: SAID }] }],
      trigger: "submit-message",
      project_id: director.projectId,
      page: "project",
    }),
  };
}

/** Reads to the first word, notes when it came (`performance.now()`), and reads on to the end. */
async function firstWord(response: Response): Promise<number> {
  let heard = "";
  let atMs: number | undefined;
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    heard += text;
    if (heard.includes("Good")) atMs ??= performance.now();
  }
  if (atMs === undefined) throw new Error(`Cannot measure: ${response.status} ${heard}`);
  return atMs;
}

/** What the director sent to the model last: the model is asked the same, directly. */
async function lastQuestion(studio: Studio): Promise<string> {
  const response = await control(
    studio,
    "/calls?provider=gemini&operation=stream_generate_content",
  );
  const { calls }: { calls: { body: string }[] } = await response.json();
  const question = calls.at(-1)?.body ?? "";
  // The log cuts what is longer.
  JSON.parse(question);
  return question;
}

async function control({ providerEnv }: Studio, path: string, init?: RequestInit) {
  const response = await fetch(new URL(`/_control${path}`, providerEnv["GEMINI_BASE_URL"]), init);
  if (!response.ok) throw new Error(`Cannot ask ${path}: ${await response.text()}`);
  return response;
}

async function measure(studio: Studio, director: Director) {
  const { stack, providerEnv, sql } = studio;
  const question = await lastQuestion(studio);
  const trip = async () => {
    const projects = director.client.supabase.from("projects").select("id");
    await projects.eq("id", director.projectId).single().throwOnError();
  };
  /** Time to the first word; the rest is not part of it. */
  const apart = (run: () => Promise<number>) => async () => {
    // Turns a minute are few: those before count as yesterday's.
    await sql`update public.director_messages set created_at = created_at - interval '1 day'`;
    await pause(150);
    const started = performance.now();
    return await run() - started;
  };
  const model = async () =>
    await firstWord(
      await fetch(
        `${
          providerEnv["GEMINI_BASE_URL"]
        }/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse`,
        {
          method: "POST",
          headers: {
            "Content-Type": "application/json",
            "x-goog-api-key": providerEnv["GEMINI_API_KEY"] ?? "",
          },
          body: question,
        },
      ),
    );
  const contestants = {
    director: apart(async () =>
      await firstWord(
        await fetch(`${stack.url}/functions/v1/director`, {
          method: "POST",
          ...turnRequest(director),
        }),
      )
    ),
    allowed: apart(async () => {
      for (let done = 0; done < TRIPS; done++) await trip();
      return await model();
    }),
    door: apart(async () => {
      const response = await fetch(`${stack.url}/functions/v1/director?pages`, {
        headers: turnRequest(director).headers,
      });
      await response.text();
      return performance.now();
    }),
  };
  await interleave(2, contestants);
  return await interleave(ROUNDS, contestants);
}
