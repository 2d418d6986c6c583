import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { cancelOpenJobs } from "../../supabase/local/film/cancel_jobs.ts";
import { checkModels } from "../../supabase/local/film/check_models.ts";
import { saveFilm } from "../../supabase/local/film/film_file.ts";
import { signUpDemoUser } from "../../supabase/local/film/demo_user.ts";
import type { CastMember } from "../../supabase/local/film/cast.ts";
import type { FilmProgress } from "../../supabase/local/film/film_counts.ts";
import { CastWaits, FilmError } from "../../supabase/local/film/film_error.ts";
import type { FilmWish } from "../../supabase/local/film/film_wish.ts";
import { makeFilm, type MakeFilmOptions, planFilm } from "../../supabase/local/film/make_film.ts";
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

/** Asserts that a file is there, of a type. */
async function assertServed(url: string | null, type: string) {
  const response = await fetch(url ?? "", { method: "HEAD" });
  assert.equal(response.status, 200, url ?? "");
  assert.equal(response.headers.get("content-type"), type);
}

/** What a user has, and how much of it was spent, from outside. */
async function ledgerOf(id: string) {
  const [row] = await sql`
    select -sum(amount) filter (where kind <> 'grant') as charged, sum(amount) as left
    from public.credit_entries where user_id = ${id}`;
  return { charged: Number(row?.charged), left: Number(row?.left) };
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
    assert.deepEqual(film.characters, []);
    for (const scene of film.scenes) {
      assert.ok(scene.title !== "" && scene.text !== "");
      assert.ok(
        (scene.clip_duration_sec ?? 0) >= (scene.audio_duration_sec ?? 99),
        "the clip covers its narration",
      );
      assert.ok(scene.seconds > 0);
      assert.equal(scene.shots.length, 1);
      await assertServed(scene.image_url, "image/jpeg");
      await assertServed(scene.audio_url, "audio/mpeg");
      await assertServed(scene.clip_url, "video/mp4");
    }
    const ledger = await ledgerOf(id);
    assert.equal(film.credits_charged, ledger.charged);
    assert.equal(film.balance, ledger.left);
    const ofScenes = film.scenes.reduce((sum, scene) => sum + scene.credits, 0);
    assert.equal(film.credits_charged, ofScenes + 2, "besides the scenes: the script and the cut");

    for (
      const [stage, total] of [["script", 1], ["narration", 2], ["images", 2], ["clips", 2], [
        "film",
        1,
      ]]
    ) {
      const counts = told.filter((one) => one.stage === stage);
      assert.ok(counts.every((one) => one.total === total), `${stage} of ${total}`);
      const done = counts.map((one) => one.done);
      assert.deepEqual(done, [...new Set(done)].sort((a, b) => a - b), "told once, and upwards");
      assert.equal(done.at(-1), total);
    }

    assert.ok(film.film !== null);
    const { url, duration_sec: durationSeconds } = film.film;
    const path = join(dir, "film.mp4");
    const file = await saveFilm(url, path, { durationSeconds });
    assert.equal((await Deno.stat(path)).size, file.sizeBytes);
    assert.ok(file.width > file.height, "youtube is shown wide");
    await assert.rejects(
      saveFilm(url, path, { durationSeconds: durationSeconds + 1 }),
      /plays .* and should play/,
    );
  });
});

Deno.test("makeFilm() asks for the cast, draws anew whom the user wants, and tells who is in which shot", async () => {
  await withUser(async ({ studio, id }) => {
    const asked: (readonly CastMember[])[] = [];
    const film = await makeFilm(studio, {
      prompt: "Mina and her grandfather build a kite",
      sceneCount: 1,
      targetSeconds: 5,
      characterCount: 2,
      stopAt: "images",
    }, {
      confirm: (cast) => {
        asked.push(cast);
        const [member] = cast;
        assert.ok(member);
        return Promise.resolve(
          asked.length === 1 ? { kind: "reroll", member } : { kind: "confirm" },
        );
      },
    });
    const [first, second] = asked;
    assert.equal(asked.length, 2);
    assert.equal(first?.length, 2);
    assert.notEqual(second?.[0]?.image_url, first?.[0]?.image_url, "there is no new picture");
    assert.equal(second?.[1]?.image_url, first?.[1]?.image_url, "the other one changed too");
    assert.notDeepEqual(
      await (await fetch(second?.[0]?.image_url ?? "")).bytes(),
      await (await fetch(first?.[0]?.image_url ?? "")).bytes(),
      "the new picture is the old one",
    );

    assert.equal(film.film, null);
    assert.deepEqual(
      film.characters.map(({ name, image_url }) => [name, image_url]),
      second?.map(({ name, image_url }) => [name, image_url]),
    );
    const [one, other] = film.characters;
    assert.equal(one?.credits, 2 * (other?.credits ?? 0), "two pictures cost twice as much");
    assert.equal(film.credits_charged, (await ledgerOf(id)).charged);
    const [shot] = film.scenes[0]?.shots ?? [];
    assert.ok(shot !== undefined && shot.characters.length > 0, "nobody is in the shot");
    await assertServed(shot.image_url, "image/png");
    assert.equal(shot.clip_url, null);
  });
});

Deno.test("makeFilm() leaves a film whose cast nobody confirms waiting, with all that it has", async () => {
  await withUser(async ({ studio }) => {
    const wish = { prompt: "Two otters", sceneCount: 1, targetSeconds: 5, characterCount: 1 };
    const error = await makeFilm(studio, wish).then(
      () => assert.fail("the film was made"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof CastWaits, String(error));
    const [job] = await studio.jobs([error.jobId]);
    assert.equal(job?.stage, "confirmation");
    assert.equal(job?.finished_at, null);
    assert.equal(job?.project_id, error.projectId);
    assert.ok(await cancelOpenJobs(studio) > 0);
  });
});

Deno.test("planFilm() tells what a film would be, and charges nothing", async () => {
  await withUser(async ({ studio }) => {
    const wish = { prompt: "A kite", sceneCount: 2, targetSeconds: 10, characterCount: 1 };
    const { plan, balance } = await planFilm(studio, wish);
    assert.equal(plan.shots.length, 2);
    assert.ok(plan.credits > 0);
    assert.equal(balance, 500);
    const { data } = await studio.supabase.from("jobs").select("id");
    assert.deepEqual(data, []);
  });
});

Deno.test("makeFilm() tells scene, shot and reason of a picture refused twice, and keeps the others", async () => {
  await withUser(async ({ studio }) => {
    // Once as it was asked for, once in milder words.
    await setFault({ provider: "fal", kind: "refuse", times: 1 });
    await setFault({ provider: "fal", kind: "refuse", times: 1, matching: "family friendly" });
    const error = await failureOf(studio, { prompt: "Two otters open a bakery", sceneCount: 2 });
    assert.equal(error.failures.length, 1, error.message);
    const [failure] = error.failures;
    assert.deepEqual([failure?.stage, failure?.code, failure?.shot], [
      "images",
      "CONTENT_REFUSED",
      1,
    ]);
    const projectId = error.projectId ?? "";
    const { data: rows } = await studio.supabase.from("image_assets")
      .select("status, error, scene_id").eq("project_id", projectId);
    const { data: scenes } = await studio.supabase.from("scenes").select("id, index")
      .eq("project_id", projectId);
    const failed = rows?.filter((row) => row.status === "failed") ?? [];
    assert.equal(failed.length, 2);
    for (const row of failed) {
      const scene = scenes?.find((one) => one.id === row.scene_id);
      assert.equal(scene?.index, failure?.scene?.index);
      assert.deepEqual(row.error, { code: failure?.code, message: failure?.message });
    }
    assert.equal(rows?.filter((row) => row.status === "ready").length, 1);
    const { data: films } = await studio.supabase.from("films").select("id");
    assert.deepEqual(films, [], "no cut is paid for a film that lacks a scene");

    const { job } = await studio.call("retry-job", { job_id: error.jobId ?? "" });
    await studio.watch([job.id]);
    const { data: pictures } = await studio.supabase.from("image_assets").select("status")
      .eq("project_id", projectId).eq("status", "ready");
    assert.equal(pictures?.length, 2, "only what failed was drawn");
  });
});

Deno.test("makeFilm() tells that the credits do not suffice before anything is made, and what would fit", async () => {
  await withUser(async ({ studio, id }) => {
    await sql`select public.grant_credits(${id}::uuid, -450, 'a test')`;
    const error = await failureOf(studio, { prompt: "A clock that runs backwards", sceneCount: 3 });
    assert.deepEqual([error.projectId, error.jobId], [null, null]);
    const [failure] = error.failures;
    assert.equal(failure?.code, "INSUFFICIENT_CREDITS");
    assert.match(failure?.message ?? "", /balance/);
    assert.match(JSON.stringify(failure?.details), /"options":\[\{/);
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
          if (stage === "clips") stop.abort(reason);
        },
      }),
      (error) => error === reason,
    );
    // How many clips are still under way depends on how busy the machine is.
    assert.ok(await cancelOpenJobs(studio) >= 1, "the production at least");
    const { data } = await studio.supabase.from("jobs").select("kind, state, credits");
    const jobs = data ?? [];
    assert.ok(jobs.every((job) => ["succeeded", "cancelled"].includes(job.state)));
    assert.equal(jobs.find((job) => job.kind === "production")?.state, "cancelled");
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
