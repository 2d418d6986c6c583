import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { cancelOpenJobs } from "../../supabase/local/film/cancel_jobs.ts";
import { checkModels } from "../../supabase/local/film/check_models.ts";
import { saveFilm } from "../../supabase/local/film/film_file.ts";
import { signUpDemoUser } from "../../supabase/local/film/demo_user.ts";
import { FilmError } from "../../supabase/local/film/film_error.ts";
import {
  type FilmProgress,
  type FilmWish,
  makeFilm,
  type MakeFilmOptions,
} from "../../supabase/local/film/make_film.ts";
import { UsageError } from "../../supabase/local/film/usage_error.ts";
import { type Stack, startStack } from "../../supabase/local/stack.ts";
import { ANY_PORTS } from "./fixture_stack.ts";

let stack: Stack;
let sql: postgres.Sql;
const dir = await Deno.makeTempDir({ prefix: "film-flow-" });
Deno.test.beforeAll(async () => {
  stack = await startStack({ dir, ports: ANY_PORTS });
  sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
});
Deno.test.afterAll(async () => {
  await sql.end();
  await stack.stop();
  await Deno.remove(dir, { recursive: true });
});

/** Signs a user up for the time of one test. */
async function withUser(
  run: (
    user: Awaited<ReturnType<typeof signUpDemoUser>> & { readonly id: string },
  ) => Promise<void>,
): Promise<void> {
  const user = await signUpDemoUser({ url: stack.url, publishable: stack.keys.publishable });
  const { supabase } = user.studio;
  const { data } = await supabase.auth.getUser();
  try {
    await run({ ...user, id: data.user?.id ?? "" });
  } finally {
    await supabase.auth.stopAutoRefresh();
  }
}

/** Sets a fault on the next calls of a simulated provider. */
async function setFault(fault: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${stack.providers.url}/_control/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fault),
  });
  const answer = await response.text();
  assert.ok(response.ok, answer);
}

/** Makes a film that must fail, and gives how. */
async function failureOf(
  studio: Parameters<typeof makeFilm>[0],
  wish: FilmWish,
  options?: MakeFilmOptions,
): Promise<FilmError> {
  try {
    await makeFilm(studio, wish, options);
  } catch (error) {
    if (error instanceof FilmError) return error;
    throw error;
  }
  throw new Error("The film was made");
}

Deno.test("makeFilm() makes a film whose rows, files and ledger agree", async () => {
  await withUser(async ({ studio, id }) => {
    const told: FilmProgress[] = [];
    const film = await makeFilm(studio, {
      prompt: "A lighthouse keeper befriends a storm",
      sceneCount: 2,
      targetSeconds: 10,
    }, { onProgress: (progress) => told.push(progress) });

    assert.deepEqual(film.scenes.map((scene) => scene.index), [1, 2]);
    for (const scene of film.scenes) {
      assert.ok(scene.title !== "" && scene.text !== "");
      assert.ok(
        scene.clip_duration_sec >= scene.audio_duration_sec,
        "the clip covers its narration",
      );
      assert.ok(scene.seconds > 0);
      for (
        const [url, type] of [
          [scene.image_url, "image/jpeg"],
          [scene.audio_url, "audio/mpeg"],
          [scene.clip_url, "video/mp4"],
        ] as const
      ) {
        const response = await fetch(url, { method: "HEAD" });
        assert.equal(response.status, 200, url);
        assert.equal(response.headers.get("content-type"), type);
      }
    }
    const clipSeconds = film.scenes.reduce((sum, scene) => sum + scene.clip_duration_sec, 0);
    assert.ok(Math.abs(film.film.duration_sec - clipSeconds) < 0.2);

    const [ledger] = await sql`
      select -sum(amount) filter (where kind <> 'grant') as charged, sum(amount) as left
      from public.credit_entries where user_id = ${id}`;
    assert.equal(film.credits_charged, Number(ledger?.charged));
    assert.equal(film.balance, Number(ledger?.left));
    const ofScenes = film.scenes.reduce((sum, scene) => sum + scene.credits, 0);
    assert.equal(film.credits_charged, ofScenes + 2, "besides the scenes: the script and the cut");

    for (
      const [stage, total] of [["script", 1], ["narration", 2], ["images", 2], ["clips", 2], [
        "film",
        1,
      ]]
    ) {
      const counts = told.filter((one) => one.stage === stage);
      assert.ok(counts.every((one) => one.total === total));
      assert.deepEqual(
        counts.map((one) => one.done),
        Array.from({ length: Number(total) + 1 }, (_, at) => at),
      );
    }

    const path = join(dir, "film.mp4");
    const file = await saveFilm(film.film.url, path, { durationSeconds: film.film.duration_sec });
    assert.equal((await Deno.stat(path)).size, file.sizeBytes);
    assert.ok(Math.abs(file.durationSeconds - clipSeconds) < 0.5);
    assert.ok(file.width > file.height, "youtube is shown wide");

    await assert.rejects(
      saveFilm(film.film.url, path, { durationSeconds: film.film.duration_sec + 1 }),
      /plays .* and should play/,
    );
  });
});

Deno.test("makeFilm() tells scene, code and message of a refused picture, and keeps the others", async () => {
  await withUser(async ({ studio }) => {
    await setFault({ provider: "fal", kind: "refuse", times: 1 });
    const error = await failureOf(studio, { prompt: "Two otters open a bakery", sceneCount: 2 });
    assert.equal(error.failures.length, 1);
    const [failure] = error.failures;
    assert.equal(failure?.stage, "images");
    assert.equal(failure?.code, "CONTENT_REFUSED");
    const { data: rows } = await studio.supabase.from("image_assets").select(
      "status, error, scenes(index)",
    )
      .eq("project_id", error.projectId ?? "");
    const failed = rows?.find((row) => row.status === "failed");
    assert.deepEqual(failed?.error, { code: failure?.code, message: failure?.message });
    assert.equal(failed?.scenes?.index, failure?.scene?.index);
    assert.equal(rows?.filter((row) => row.status === "ready").length, 1);
    const { data: films } = await studio.supabase.from("films").select("id");
    assert.deepEqual(films, [], "no cut is paid for a film that lacks a scene");
  });
});

Deno.test("makeFilm() tells that the credits do not suffice, by scene", async () => {
  await withUser(async ({ studio, id }) => {
    await sql`select public.grant_credits(${id}::uuid, -450, 'a test')`;
    const error = await failureOf(studio, { prompt: "A clock that runs backwards", sceneCount: 3 });
    for (const failure of error.failures) {
      assert.equal(failure.code, "INSUFFICIENT_CREDITS");
      assert.equal(failure.stage, "clips");
      assert.match(failure.message, /balance/);
      assert.ok(failure.scene !== null);
    }
  });
});

Deno.test("makeFilm() tells why there is no script, and charges nothing", async () => {
  await withUser(async ({ studio }) => {
    await setFault({ provider: "gemini", kind: "refuse", times: 1 });
    const error = await failureOf(studio, { prompt: "Something that is refused", sceneCount: 1 });
    assert.equal(error.projectId, null);
    assert.deepEqual(error.failures.map(({ stage, scene, code }) => ({ stage, scene, code })), [
      { stage: "script", scene: null, code: "CONTENT_REFUSED" },
    ]);
    const { data: account } = await studio.supabase.from("credit_accounts").select("balance");
    assert.deepEqual(account, [{ balance: 500 }]);
  });
});

Deno.test("cancelOpenJobs() ends and refunds what a film that was aborted half-way had begun", async () => {
  await withUser(async ({ studio }) => {
    const stop = new AbortController();
    const reason = new Error("enough");
    await assert.rejects(
      makeFilm(studio, { prompt: "A kite crosses the sea", sceneCount: 2 }, {
        signal: stop.signal,
        onProgress: ({ stage }) => {
          if (stage === "clips") setTimeout(() => stop.abort(reason), 300);
        },
      }),
      (error) => error === reason,
    );
    assert.ok(await cancelOpenJobs(studio) > 0, "nothing was being made any more");
    const { data } = await studio.supabase.from("jobs").select("state, credits");
    const jobs = data ?? [];
    assert.ok(jobs.every((job) => ["succeeded", "cancelled"].includes(job.state)));
    const delivered = jobs.filter((job) => job.state === "succeeded")
      .reduce((sum, job) => sum + job.credits, 0);
    const { data: account } = await studio.supabase.from("credit_accounts").select("balance");
    assert.deepEqual(account, [{ balance: 500 - delivered }], "only what was delivered is paid");
  });
});

Deno.test("checkModels() takes what the catalogue offers and lists it otherwise", async () => {
  await withUser(async ({ studio: { supabase } }) => {
    await checkModels(supabase, { imageModel: undefined, videoModel: undefined });
    await checkModels(supabase, { imageModel: "flux-dev", videoModel: "wan-2.5" });
    for (
      const wish of [
        { imageModel: "wan-2.5", videoModel: undefined },
        { imageModel: undefined, videoModel: "no-such" },
        { imageModel: undefined, videoModel: "sora-2" },
        // It needs a picture to end at.
        { imageModel: undefined, videoModel: "pixverse-v6-transition" },
      ]
    ) {
      await assert.rejects(checkModels(supabase, wish), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(
          error.message,
          /^Cannot use --(image|video)-model ".*": the catalogue offers /,
        );
        assert.ok(!error.message.includes("sora-2,"), "retired models are not offered");
        return true;
      });
    }
  });
});
