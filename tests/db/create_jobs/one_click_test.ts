import assert from "node:assert/strict";
import { withStudio } from "../database.ts";
import { type ClickResult, createJobs } from "../engine.ts";
import { clipItem, scriptItem } from "../items.ts";
import { ledgerOf, refused, tracesOf } from "../looks.ts";

const CLICKS = 50;
const ROUNDS = 200;

Deno.test(`promise 1: create_jobs() charges once and replays byte for byte when ${CLICKS} sessions send one key, ${ROUNDS} times over`, () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user(1000);
    const projectId = await project(userId);
    const items = [clipItem(projectId, await model({ price: 2 }))];
    let replays = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const key = `round-${round}-${crypto.randomUUID()}`;
      const results = await Promise.allSettled(
        Array.from({ length: CLICKS }, () => createJobs(service, { userId, items, key })),
      );
      const answers: ClickResult[] = [];
      for (const result of results) {
        if (result.status === "fulfilled") answers.push(result.value);
        // Only this may be said instead of the answer: SQLSTATE of IDEMPOTENCY_IN_PROGRESS.
        else assert.equal(result.reason.code, "55P03", String(result.reason));
      }
      assert.equal(answers.filter((answer) => !answer.replayed).length, 1, "one is the first");
      assert.equal(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size, 1);
      replays += answers.length - 1;
      if (round % 20 !== 0) continue;
      const { balance, sum, charges } = await ledgerOf(owner, userId);
      assert.deepEqual({ balance, sum, charges }, {
        balance: 1000 - 2 * round,
        sum: 1000 - 2 * round,
        charges: round,
      });
      assert.deepEqual(await tracesOf(owner, userId), {
        keys: round,
        jobs: round,
        assets: round,
        entries: round,
      });
    }
    assert.ok(replays > ROUNDS * CLICKS * 0.9, `${replays} of ${ROUNDS * (CLICKS - 1)} replayed`);
  }, { sessions: CLICKS }));

Deno.test("promise 1: create_jobs() says 55P03 within 2.5 s when the first click holds the key, and replays when it is done", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const items = [clipItem(await project(userId), await model())];
    const click = { userId, items, key: "a-click-that-takes-long" };
    const first = await service.begin(async (transaction) => {
      const answer = await createJobs(transaction, click);
      const started = performance.now();
      await refused(createJobs(service, click), "55P03");
      assert.ok(performance.now() - started < 2500);
      return answer;
    });
    const second = await createJobs(service, click);
    assert.deepEqual([second.replayed, second.status, second.body], [true, 202, first.body]);
    assert.equal((await ledgerOf(owner, userId)).charges, 1);
  }));

Deno.test("promise 1: create_jobs() leaves the key free when the first click's transaction is rolled back", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const items = [clipItem(await project(userId), await model())];
    const click = { userId, items, key: "a-click-whose-worker-dies" };
    const crash = new Error("crash");
    let waiting: Promise<ClickResult> | undefined;
    await service.begin(async (transaction) => {
      await createJobs(transaction, click);
      // Stands in line behind the first one's key while that one still lives.
      waiting = createJobs(service, click);
      await owner`select pg_sleep(0.05)`;
      throw crash;
    }).catch((cause) => assert.equal(cause, crash));
    assert.equal((await waiting)?.replayed, false, "the second click is the first one now");
    const { balance, charges } = await ledgerOf(owner, userId);
    assert.deepEqual([balance, charges], [499, 1]);
  }));

Deno.test("promise 2: create_jobs() refuses a key that was used with another operation or body, and charges nothing", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const items = [clipItem(await project(userId), await model())];
    const click = { userId, items, key: "used-for-something" };
    const first = await createJobs(service, click);
    const before = await ledgerOf(owner, userId);
    for (const other of [{ operation: "generate-image" }, { fingerprint: "e".repeat(64) }]) {
      const detail = await refused(
        createJobs(service, { ...click, ...other }),
        "PT422",
        "IDEMPOTENCY_KEY_REUSED",
      );
      assert.deepEqual(detail, { first_operation: "generate-video" });
    }
    assert.deepEqual(await ledgerOf(owner, userId), before);
    assert.equal((await createJobs(service, click)).body, first.body, "the first answer stays");
  }));

Deno.test("promise 1: create_jobs() takes one key from two users as two clicks", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const modelId = await model();
    const key = "the-same-key-by-chance";
    for (const userId of [await user(), await user()]) {
      const items = [clipItem(await project(userId), modelId)];
      assert.equal((await createJobs(service, { userId, items, key })).replayed, false);
      assert.equal((await ledgerOf(owner, userId)).charges, 1);
    }
  }));

Deno.test("promise 1: create_jobs() refuses a second click while the first one's answer waits for its job", () =>
  withStudio(async ({ owner, service, user, model }) => {
    const userId = await user();
    const items = [scriptItem(await model({ kind: "script" }))];
    const click = {
      userId,
      items,
      answer: null,
      operation: "generate-script",
      key: "a-script-key-1",
    };
    await refused(createJobs(service, click), "23514");
    const keyed = { ...click, key: "a-script-key-of-16" };
    const first = await createJobs(service, keyed);
    assert.equal(first.status, null);
    const detail = await refused(createJobs(service, keyed), "PT409", "IDEMPOTENCY_IN_PROGRESS");
    assert.deepEqual(detail, { job_id: first.job_id });
    assert.equal((await ledgerOf(owner, userId)).charges, 1);
  }));

Deno.test("create_jobs() answers with the rows as stored, less the payload, in the order of the items", () =>
  withStudio(async ({ owner, service, user, project, model }) => {
    const userId = await user();
    const projectId = await project(userId);
    const modelId = await model({ price: 1.5 });
    const items = ["first", "second", "third"].map((prompt) =>
      clipItem(projectId, modelId, { asset: { prompt } })
    );
    const { status, body } = await createJobs(service, { userId, items });
    assert.equal(status, 202);
    const answer = JSON.parse(body);
    assert.deepEqual(Object.keys(answer).sort(), [
      "balance",
      "credits_charged",
      "jobs",
      "video_clips",
    ]);
    assert.equal(answer.credits_charged, 6, "each rounded up to whole credits");
    assert.equal(answer.balance, 494);
    assert.deepEqual(answer.video_clips.map((clip: { prompt: string }) => clip.prompt), [
      "first",
      "second",
      "third",
    ]);
    for (const [at, job] of answer.jobs.entries()) {
      assert.equal(job.subject_id, answer.video_clips[at].id);
      assert.equal(job.state, "queued");
      assert.ok(!("payload" in job));
    }
    const [stored] = await owner`
      select to_jsonb(a) as row from public.video_clips as a where a.id = ${
      answer.video_clips[0].id
    }`;
    assert.deepEqual(answer.video_clips[0], stored?.["row"]);
    const [made] = await owner`select status from public.projects where id = ${projectId}`;
    assert.equal(made?.["status"], "in-progress");
  }));
