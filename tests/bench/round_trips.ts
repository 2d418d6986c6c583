/**
 * Promise 23: what `generate-video` costs before it answers, fresh and replayed.
 *
 * @module
 */
import { join } from "node:path";
import { functionEnv } from "../../supabase/local/function_env.ts";
import { loadKeys } from "../../supabase/local/keys.ts";
import { startWorkers, type Workers } from "../../supabase/local/workers.ts";
import { type CountingProxy, startCountingProxy } from "./counting_proxy.ts";
import { figureOf, formatFigure, ratioOf } from "./figures.ts";
import type { Report } from "./report.ts";
import { type Director, pause, type Studio } from "./studio.ts";
import { interleave, type Subject, timed } from "./subject.ts";

const ROUNDS = 20;
const TRIPS_FRESH = 3;
const TRIPS_REPLAY = 1;

/**
 * The promise is counted in round trips. In time a call also has its own work, about 3 ms: a token, a schema, a plan,
 * and the 15 KB of the catalogue in its first trip.
 */
const MOST = 1.25;

/** The subject. */
export const roundTrips: Subject = {
  name: "round-trips",
  title: "generate-video until it answers",
  needs: "stack",
  async run(studio) {
    const director = await studio.director();
    // Nothing is rendered: a render's CPU time would be measured with the answers.
    await studio.setFault({ provider: "kie", kind: "endless" });
    try {
      const counts = await countTrips(studio, director);
      const ms = await measure(studio, director);
      const fresh = ratioOf(ms.fresh, ms.allowedFresh);
      const replay = ratioOf(ms.replay, ms.allowedReplay);
      return {
        columns: ["", "database round trips", "ms until the answer", "ms allowed", "ratio"],
        rows: [
          [
            `fresh; allowed: a bare call + moderation + provider create + ${TRIPS_FRESH} bare round trips`,
            `${counts.fresh.length} (${counts.fresh.join(", ")})`,
            formatFigure(figureOf(ms.fresh)),
            formatFigure(figureOf(ms.allowedFresh)),
            formatFigure(fresh),
          ],
          [
            `replay; allowed: a bare call + ${TRIPS_REPLAY} bare round trip`,
            `${counts.replay.length} (${counts.replay.join(", ")})`,
            formatFigure(figureOf(ms.replay)),
            formatFigure(figureOf(ms.allowedReplay)),
            formatFigure(replay),
          ],
        ],
        note:
          "Round trips: the requests a function's process sends through a counting proxy and hears of " +
          "before it answers. Allowed is what a call that pays takes at the least: a bare call (the same function's " +
          "answer to a preflight), the moderator's and the provider's own answers, and the smallest function calls there " +
          "are: one that reads before, one that commits an entry before the create and one after it. " +
          `${ROUNDS} interleaved rounds, median (min–max).`,
        checks: [
          {
            promise: `23: a fresh call makes ≤ ${TRIPS_FRESH} round trips`,
            value: counts.fresh.length,
            atMost: TRIPS_FRESH,
          },
          {
            promise: `23: a replay makes ≤ ${TRIPS_REPLAY} round trip`,
            value: counts.replay.length,
            atMost: TRIPS_REPLAY,
          },
          {
            promise:
              `23: a fresh call takes ≤ ${MOST} × (a bare call + moderation + create + ${TRIPS_FRESH} bare round trips)`,
            value: fresh.median,
            atMost: MOST,
          },
        ],
        figures: {
          counts,
          fresh: figureOf(ms.fresh),
          allowedFresh: figureOf(ms.allowedFresh),
          replay: figureOf(ms.replay),
          allowedReplay: figureOf(ms.allowedReplay),
          ratios: { fresh, replay },
        },
      } satisfies Report;
    } finally {
      await studio.clearFaults();
      await studio.endJobs();
    }
  },
};

/** Names of what one call asks the database before it answers, in order. */
async function countTrips(studio: Studio, director: Director) {
  const proxy = startCountingProxy(studio.stack.url);
  const worker = await startWorker(studio, proxy.url);
  try {
    // The first request of a process also makes its clients.
    await tripsOf(proxy, worker, director, crypto.randomUUID());
    const key = crypto.randomUUID();
    return {
      fresh: await tripsOf(proxy, worker, director, key),
      replay: await tripsOf(proxy, worker, director, key),
    };
  } finally {
    await worker.stop();
    await proxy.stop();
  }
}

/** A worker as the stack's own, but for what it believes the project's address to be. */
async function startWorker({ stack, providerEnv }: Studio, url: string): Promise<Workers> {
  return await startWorkers({
    count: 1,
    functionsDir: join(import.meta.dirname ?? "", "../../supabase/functions"),
    env: functionEnv({
      url,
      databaseUrl: stack.databaseUrl,
      keys: await loadKeys(stack.dir),
      simulated: {},
      file: {},
      more: providerEnv,
    }),
    onLog: () => {},
    say: () => {},
  });
}

async function tripsOf(
  proxy: CountingProxy,
  worker: Workers,
  director: Director,
  key: string,
): Promise<string[]> {
  const before = proxy.calls.length;
  const { headers, body } = clipRequest(director, key);
  const response = await worker.call({
    method: "POST",
    path: "/generate-video",
    headers: new Headers(headers),
    body: new Blob([body]).stream(),
    idleTimeoutMs: 10_000,
  });
  const answeredMs = performance.now();
  await takeAnswer(response);
  const trips = proxy.calls.slice(before).filter((call) => call.answeredMs < answeredMs)
    .map((call) => call.path.replace(/^\/rest\/v1\/(rpc\/)?/, ""));
  // What goes on in the background after the answer must not be counted with the next call.
  await pause(500);
  return trips;
}

function clipRequest(director: Director, key: string) {
  return {
    headers: {
      "Authorization": `Bearer ${director.token}`,
      "Content-Type": "application/json",
      "Idempotency-Key": key,
    },
    body: JSON.stringify({
      project_id: director.projectId,
      image_ids: [director.imageId],
      duration_sec: 5,
    }),
  };
}

async function takeAnswer(response: Response): Promise<void> {
  const text = await response.text();
  if (response.status !== 202) throw new Error(`Cannot measure: ${response.status} ${text}`);
}

async function measure(studio: Studio, director: Director) {
  const { stack, service } = studio;
  let key = crypto.randomUUID();
  const call = async () => {
    await takeAnswer(
      await fetch(`${stack.url}/functions/v1/generate-video`, {
        method: "POST",
        ...clipRequest(director, key),
      }),
    );
  };
  const bareCall = async () => {
    const response = await fetch(`${stack.url}/functions/v1/generate-video`, { method: "OPTIONS" });
    await response.body?.cancel();
  };
  const read = async () => {
    await director.client.supabase.rpc("queue_status").throwOnError();
  };
  const write = async () => {
    await service.rpc("grant_credits", { p_user_id: director.id, p_amount: 1, p_reason: "bench" })
      .throwOnError();
  };
  // Each settles before the next begins: the work after an answer is not part of it.
  const apart = (run: () => Promise<unknown>) => async () => {
    await pause(150);
    return await timed(run);
  };
  const contestants = {
    fresh: apart(() => {
      key = crypto.randomUUID();
      return call();
    }),
    replay: apart(call),
    allowedFresh: apart(async () => {
      await bareCall();
      await read();
      await askModerator(studio);
      await write();
      await createAtProvider(studio);
      await write();
    }),
    allowedReplay: apart(async () => {
      await bareCall();
      await read();
    }),
  };
  await call();
  await interleave(2, contestants);
  return await interleave(ROUNDS, contestants);
}

/** The question that stands before every charge, asked directly. */
async function askModerator({ providerEnv }: Studio): Promise<void> {
  const response = await fetch(`${providerEnv["OPENAI_BASE_URL"]}/moderations`, {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${providerEnv["OPENAI_API_KEY"]}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({
      model: "omni-moderation-latest",
      input: [{ type: "text", text: "A boat at dawn" }],
    }),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`Cannot measure: the moderator answers ${response.status}`);
}

/** The create that the provider answers when asked directly. */
async function createAtProvider({ providerEnv, stack }: Studio): Promise<void> {
  const response = await fetch(`${providerEnv["KIE_BASE_URL"]}/api/v1/jobs/createTask`, {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${providerEnv["KIE_API_KEY"]}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({
      model: "kling/v2-5-turbo-image-to-video-pro",
      input: { prompt: "A boat at dawn", image_url: `${stack.url}/boat.jpg`, duration: "5" },
    }),
  });
  const answer: { code: number; msg: string } = await response.json();
  if (answer.code !== 200) throw new Error(`Cannot measure: the create was refused: ${answer.msg}`);
}
